import {
  difference,
  EMPTY_SET,
  fieldSet,
  type FieldSet,
  intersection,
  recursiveDifference,
  union,
} from "./field-set.ts";
import type { JsonObject } from "./json-value.ts";
import type { ResourceDefinition } from "../registry/resource-definition.ts";
import { resolveSchema, type SchemaTable } from "../schema/schema.ts";
import { type Managed, withFields } from "./managed-fields.ts";
import type { MergeType } from "./merge-type.ts";
import { reconcileSet } from "./reconcile-set.ts";
import { compareTyped, type Comparison } from "./typed-compare.ts";

/** Fields that identify an object or that the server keeps. Nobody owns them. */
export const UNTRACKED: FieldSet = fieldSet(
  ["f:apiVersion"],
  ["f:kind"],
  ["f:metadata"],
  ["f:metadata", "f:name"],
  ["f:metadata", "f:namespace"],
  ["f:metadata", "f:creationTimestamp"],
  ["f:metadata", "f:selfLink"],
  ["f:metadata", "f:uid"],
  ["f:metadata", "f:clusterName"],
  ["f:metadata", "f:generation"],
  ["f:metadata", "f:managedFields"],
  ["f:metadata", "f:resourceVersion"],
);

/** What a write through the main resource or a subresource cannot change, so that its writer owns nothing of it. */
export function resetFields(definition: ResourceDefinition, subresource: string): FieldSet {
  if (subresource === "status") {
    return definition.custom ? CUSTOM_STATUS_RESETS : STATUS_RESETS;
  }
  return definition.subresources.status === true ? MAIN_RESETS : EMPTY_SET;
}

const MAIN_RESETS = fieldSet(["f:status"]);
const CUSTOM_STATUS_RESETS = fieldSet(["f:metadata"], ["f:spec"]);
const STATUS_RESETS = fieldSet(
  ["f:spec"],
  ["f:metadata", "f:deletionTimestamp"],
  ["f:metadata", "f:ownerReferences"],
);

/** Compares two states of an object, without what the request cannot change. */
export function compareObjects(
  previous: JsonObject,
  next: JsonObject,
  type: MergeType,
  resets: FieldSet,
): Comparison {
  const { removed, modified, added } = compareTyped(previous, next, type);
  return {
    removed: recursiveDifference(removed, resets),
    modified: recursiveDifference(modified, resets),
    added: recursiveDifference(added, resets),
  };
}

/** Brings all entries in line with the schema. Changes `managed`. */
export function reconcileManaged(managed: Managed, type: MergeType): void {
  for (const [key, entry] of managed) managed.set(key, withFields(entry, reconcileSet(entry.fields, type)));
}

/**
 * What each entry but one owns of the fields that a write changes or adds.
 *
 * @param self - Key of the entry that writes.
 */
export function findConflicts(
  managed: Managed,
  self: string,
  { modified, added }: Comparison,
): Map<string, FieldSet> {
  const conflicts = new Map<string, FieldSet>();
  const changed = union(modified, added);
  if (changed.size === 0) return conflicts;
  for (const [key, { fields }] of managed) {
    if (key === self) continue;
    const conflict = intersection(fields, changed);
    if (conflict.size > 0) conflicts.set(key, conflict);
  }
  return conflicts;
}

/** Takes changed and removed fields from all entries but one; entries left without a field go. Changes `managed`. */
export function takeOver(
  managed: Managed,
  self: string,
  conflicts: ReadonlyMap<string, FieldSet>,
  removed: FieldSet,
): void {
  for (const [key, entry] of managed) {
    let { fields } = entry;
    if (key !== self) {
      fields = difference(difference(fields, conflicts.get(key) ?? EMPTY_SET), removed);
      managed.set(key, withFields(entry, fields));
    }
    if (fields.size === 0) managed.delete(key);
  }
}

/**
 * The object that a kind's first write is compared with. A custom object begins with its metadata. A built-in one has
 * its spec and status from the beginning, and in them the lists that its type requires, so that nobody owns these as
 * such.
 */
export function emptyObject(
  object: JsonObject,
  definition: ResourceDefinition,
  types: SchemaTable,
): JsonObject {
  const empty: JsonObject = { apiVersion: object["apiVersion"], kind: object["kind"], metadata: {} };
  if (definition.custom) return empty;
  for (const name of ["spec", "status"]) {
    const field = resolveSchema(definition.schema, types).properties?.[name];
    if (field === undefined || object[name] === undefined) continue;
    const { required = [], properties = {} } = resolveSchema(field, types);
    empty[name] = Object.fromEntries(
      required.filter((member) => properties[member]?.type === "array").map((member) => [member, null]),
    );
  }
  return empty;
}
