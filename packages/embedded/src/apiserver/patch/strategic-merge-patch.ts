/**
 * Strategic merge patch: a merge patch that knows from the schema which lists merge by a key, and that may carry
 * directives. `$patch` in an object replaces, deletes or merges it; `$retainKeys` lists the members that stay;
 * `$setElementOrder/<field>` and `$deleteFromPrimitiveList/<field>` stand beside a list and order it or take from it.
 */
import { resolveSchema, type Schema, type SchemaTable } from "../schema/schema.ts";
import { ApiError } from "../server/api-error.ts";
import { isJsonObject, type JsonObject, ownMember, setMember } from "./json-value.ts";
import {
  deleteScalars,
  type ListRules,
  mergeLists,
  mergeOrdered,
  withoutDirectives,
} from "./strategic-list.ts";

const SET_ORDER = "$setElementOrder/";
const DELETE_SCALARS = "$deleteFromPrimitiveList/";
const RETAIN_KEYS = "$retainKeys";

/**
 * Applies a strategic merge patch, as kubectl sends it for built-in kinds.
 *
 * @param schema - Schema of the kind, with the patch strategies of its lists.
 * @returns The patched document; neither argument is changed, and the result may share parts with both.
 * @throws ApiError `BadRequest` for a malformed directive, `InternalError` for list items without their merge key, as
 *   kube-apiserver answers.
 */
export function applyStrategicMergePatch(
  document: JsonObject,
  patch: unknown,
  schema: Schema,
  types: SchemaTable,
): JsonObject {
  if (!isJsonObject(patch)) throw new ApiError("BadRequest", "a strategic merge patch must be an object");
  return mergeMaps(document, patch, schema, types);
}

function mergeMaps(
  original: JsonObject,
  patch: JsonObject,
  open: Schema | undefined,
  types: SchemaTable,
): JsonObject {
  const directive = ownMember(patch, "$patch");
  if (directive !== undefined) return applyMapDirective(directive, patch);
  const schema = open === undefined ? undefined : resolveSchema(open, types);
  const merged = retainKeys(original, patch);
  const done = new Set<string>();
  for (const [name, order] of Object.entries(patch)) {
    if (!name.startsWith(SET_ORDER)) continue;
    const field = name.slice(SET_ORDER.length);
    done.add(field);
    if (!Array.isArray(order)) throw badDirective("setElementOrder list");
    const rules = listRules(schema, field, types);
    const result = mergeOrdered(ownMember(merged, field), ownMember(patch, field), order, rules);
    if (result !== undefined) setList(merged, field, result);
    else if (ownMember(patch, field) === null) delete merged[field];
  }
  for (const [name, change] of Object.entries(patch)) {
    if (done.has(name) || name.startsWith(SET_ORDER) || name === RETAIN_KEYS) continue;
    if (name.startsWith(DELETE_SCALARS)) deleteFromField(merged, name.slice(DELETE_SCALARS.length), change);
    else mergeMember(merged, name, change, schema, types);
  }
  return merged;
}

function deleteFromField(merged: JsonObject, field: string, items: unknown): void {
  if (items === null) {
    delete merged[field];
    return;
  }
  if (!Array.isArray(items)) throw badDirective("primitive list");
  const current = ownMember(merged, field);
  if (Array.isArray(current)) setList(merged, field, deleteScalars(current, items));
}

/** Sets a list, or removes it where merging left nothing of it: built-in kinds do not tell an empty list from none. */
function setList(merged: JsonObject, field: string, items: readonly unknown[]): void {
  if (items.length === 0) delete merged[field];
  else setMember(merged, field, items);
}

function mergeMember(
  merged: JsonObject,
  name: string,
  change: unknown,
  schema: Schema | undefined,
  types: SchemaTable,
): void {
  const current = ownMember(merged, name);
  if (change === null) {
    delete merged[name];
  } else if (isJsonObject(current) && isJsonObject(change)) {
    const field = fieldSchema(schema, name);
    const isReplaced = strategies(field).includes("replace");
    setMember(
      merged,
      name,
      isReplaced ? withoutDirectives(change) : mergeMaps(current, change, field, types),
    );
  } else if (Array.isArray(current) && Array.isArray(change)) {
    const rules = listRules(schema, name, types);
    setList(
      merged,
      name,
      rules.merges ? mergeLists(current, change, rules) : (withoutDirectives(change) as unknown[]),
    );
  } else if (isJsonObject(change) && Object.hasOwn(change, "$patch")) {
    // A directive for something that is not there.
    delete merged[name];
  } else if (Array.isArray(change) && change.length > 0) {
    setList(merged, name, withoutDirectives(change) as unknown[]);
  } else {
    setMember(merged, name, withoutDirectives(change));
  }
}

function applyMapDirective(directive: unknown, patch: JsonObject): JsonObject {
  if (directive === "delete") return {};
  if (directive !== "replace") throw badDirective(`$patch ${JSON.stringify(directive)}`);
  const { $patch: _, ...rest } = patch;
  return withoutDirectives(rest) as JsonObject;
}

/** A copy of the object with only the members that the patch's `$retainKeys` names, all of them without it. */
function retainKeys(original: JsonObject, patch: JsonObject): JsonObject {
  const names = ownMember(patch, RETAIN_KEYS);
  if (names === undefined) return { ...original };
  if (!Array.isArray(names)) throw badDirective("retainKeys");
  const retained = new Set<unknown>(names);
  for (const [name, change] of Object.entries(patch)) {
    const isDirective = name === RETAIN_KEYS || name.startsWith(SET_ORDER) || name.startsWith(DELETE_SCALARS);
    if (change !== null && !isDirective && !retained.has(name)) throw badDirective("retainKeys");
  }
  return Object.fromEntries(Object.entries(original).filter(([name]) => retained.has(name)));
}

function fieldSchema(schema: Schema | undefined, name: string): Schema | undefined {
  const { properties, additionalProperties } = schema ?? {};
  if (properties !== undefined && Object.hasOwn(properties, name)) return properties[name];
  return typeof additionalProperties === "object" ? additionalProperties : undefined;
}

function strategies(schema: Schema | undefined): readonly string[] {
  return schema?.["x-kubernetes-patch-strategy"]?.split(",") ?? [];
}

function listRules(schema: Schema | undefined, name: string, types: SchemaTable): ListRules {
  const field = fieldSchema(schema, name);
  const list = field === undefined ? undefined : resolveSchema(field, types);
  return {
    merges: strategies(field).includes("merge"),
    mergeKey: field?.["x-kubernetes-patch-merge-key"],
    mergeItems: (current, change) => mergeMaps(current, change, list?.items, types),
  };
}

function badDirective(what: string): ApiError {
  return new ApiError("BadRequest", `invalid patch format of ${what}`);
}
