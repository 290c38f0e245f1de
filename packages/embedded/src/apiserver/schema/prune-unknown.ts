import type { KubeObject } from "@sandgate/contract";
import { isJsonObject, type JsonObject } from "../patch/json-value.ts";
import type { Schema, SchemaTable } from "./schema.ts";
import { OBJECT_META, followReference, isTypeMeta, memberPath, memberSchema } from "./schema-walk.ts";

interface Pruning {
  readonly types: SchemaTable;
  readonly removed: string[];
}

/**
 * Removes what the schema does not know, in place. `apiVersion`, `kind` and `metadata` stay whatever the schema says;
 * of the metadata what ObjectMeta has.
 *
 * @returns The paths of what was removed, sorted: `spec.containers[0].bar`.
 */
export function pruneUnknown(object: KubeObject, schema: Schema, types: SchemaTable): string[] {
  const pruning: Pruning = { types, removed: [] };
  pruneResource(pruning, object as unknown as JsonObject, followReference(schema, types), "");
  return pruning.removed.sort();
}

function pruneResource(pruning: Pruning, object: JsonObject, schema: Schema, path: string): void {
  pruneObject(pruning, object, schema, path, true);
  const { metadata } = object;
  if (isJsonObject(metadata)) {
    pruneObject(pruning, metadata, pruning.types.resolve(OBJECT_META), memberPath(path, "metadata"), false);
  }
}

function prune(pruning: Pruning, value: unknown, schema: Schema, path: string): void {
  if (Array.isArray(value)) {
    const items = schema.items === undefined ? undefined : followReference(schema.items, pruning.types);
    if (items === undefined && keepsUnknown(schema)) return;
    for (let index = 0; index < value.length; index++) {
      const element: unknown = value[index];
      if (typeof element === "object") prune(pruning, element, items ?? {}, `${path}[${index}]`);
    }
  } else if (isJsonObject(value)) {
    if (schema["x-kubernetes-embedded-resource"] === true) pruneResource(pruning, value, schema, path);
    else pruneObject(pruning, value, schema, path, false);
  }
}

function pruneObject(
  pruning: Pruning,
  object: JsonObject,
  schema: Schema,
  path: string,
  isResource: boolean,
): void {
  const open = keepsUnknown(schema) || schema.additionalProperties === true;
  for (const name in object) {
    if (isResource && isTypeMeta(name)) continue;
    const reference = memberSchema(schema, name);
    if (reference === undefined) {
      if (open) continue;
      Reflect.deleteProperty(object, name);
      pruning.removed.push(memberPath(path, name));
    } else if (typeof object[name] === "object") {
      prune(pruning, object[name], followReference(reference, pruning.types), memberPath(path, name));
    }
  }
}

function keepsUnknown(schema: Schema): boolean {
  return schema["x-kubernetes-preserve-unknown-fields"] === true;
}
