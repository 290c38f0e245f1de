import type { KubeObject, ManagedFieldsEntry } from "@sandgate/contract";
import type { ResourceDefinition } from "../registry/resource-definition.ts";
import type { SchemaTable } from "../schema/schema.ts";
import { difference, type FieldSet, recursiveDifference, union } from "./field-set.ts";
import { isJsonEqual, type JsonObject } from "./json-value.ts";
import {
  formatManagedFields,
  type Managed,
  type ManagerIdentity,
  managerKey,
  parseManagedFields,
  timeText,
} from "./managed-fields.ts";
import { capUpdaters } from "./cap-updaters.ts";
import { type MergeType, mergeTypeOf } from "./merge-type.ts";
import {
  compareObjects,
  emptyObject,
  findConflicts,
  reconcileManaged,
  resetFields,
  takeOver,
  UNTRACKED,
} from "./ownership.ts";
import { TypedError } from "./typed-error.ts";

export interface RecordUpdateOptions {
  /** The stored object; undefined for a create. It is not changed. */
  previous: KubeObject | undefined;
  /** The object that is to be stored, with its defaults set. Its `metadata.managedFields` are replaced. */
  next: KubeObject;
  definition: ResourceDefinition;
  types: SchemaTable;
  /** Name of the writer: the request's `fieldManager`, or what its user agent begins with. */
  manager: string;
  /** "" or absent for the object itself. */
  subresource?: string | undefined;
  nowMs: number;
}

/**
 * Records a create, update or patch in `next.metadata.managedFields`: the writer owns what it changed, the others lose
 * it, and nobody owns what is gone. A write that changes nothing changes no entry, its time included.
 */
export function recordUpdate(options: RecordUpdateOptions): void {
  const { previous, next, definition, types, nowMs } = options;
  const subresource = options.subresource ?? "";
  const managed = startingPoint(previous, next, definition, subresource);
  delete next.metadata.managedFields;
  // An object whose managedFields a client cleared is not tracked again until somebody applies it.
  if (previous !== undefined && managed.size === 0) return;
  const writer: ManagerIdentity = {
    manager: options.manager === "" ? "unknown" : options.manager,
    operation: "Update",
    apiVersion: next.apiVersion ?? "",
    subresource,
  };
  const type = mergeTypeOf(definition, types);
  const live =
    previous === undefined ? emptyObject(asJson(next), definition, types) : withoutManagedFields(previous);
  try {
    addUpdate(managed, live, asJson(next), {
      type,
      resets: resetFields(definition, subresource),
      writer,
      nowMs,
    });
  } catch (error) {
    // Objects that break their schema's list types are refused elsewhere; a list of owners could only be wrong here.
    if (error instanceof TypedError) return;
    throw error;
  }
  const entries = formatManagedFields(capUpdaters(managed));
  if (entries !== undefined) next.metadata.managedFields = keepTimes(previous, next, entries);
}

export interface UpdateContext {
  readonly type: MergeType;
  readonly resets: FieldSet;
  readonly writer: ManagerIdentity;
  readonly nowMs: number;
}

/** Adds one write to the entries. Changes `managed`. */
export function addUpdate(
  managed: Managed,
  live: JsonObject,
  next: JsonObject,
  context: UpdateContext,
): void {
  const { type, resets, writer, nowMs } = context;
  reconcileManaged(managed, type);
  const comparison = compareObjects(live, next, type, resets);
  // The write stands for itself here: even its own manager's earlier entry loses to it, and is then joined with it.
  takeOver(managed, "", findConflicts(managed, "", comparison), comparison.removed);
  const owned = difference(
    recursiveDifference(union(comparison.modified, comparison.added), resets),
    UNTRACKED,
  );
  if (owned.size === 0) return;
  const key = managerKey(writer);
  const earlier = managed.get(key);
  managed.set(key, {
    ...writer,
    time: timeText(nowMs),
    fields: earlier === undefined ? owned : union(owned, earlier.fields),
  });
}

/** The entries to start from: the request's own if it sends any that can be read, else those of the stored object. */
function startingPoint(
  previous: KubeObject | undefined,
  next: KubeObject,
  definition: ResourceDefinition,
  subresource: string,
): Managed {
  const stored = (): Managed => parseManagedFields(previous?.metadata.managedFields) ?? new Map();
  if (subresource !== "") return stored();
  const sent: unknown = next.metadata.managedFields;
  if (isReset(sent, definition.custom)) return new Map();
  if (sent !== undefined && sent === previous?.metadata.managedFields) return stored();
  const parsed = parseManagedFields(sent);
  return parsed === undefined || parsed.size === 0 ? stored() : parsed;
}

/** A client clears managedFields with one empty entry, those of a built-in kind with an empty list too. */
function isReset(entries: unknown, custom: boolean): boolean {
  if (!Array.isArray(entries)) return false;
  return entries.length === 0 ? !custom : entries.length === 1 && isJsonEqual(entries[0], {});
}

/** The earlier entries where the object and they differ from the earlier state in nothing but their times. */
export function keepTimes(
  previous: KubeObject | undefined,
  next: KubeObject,
  entries: ManagedFieldsEntry[],
): ManagedFieldsEntry[] {
  const earlier = previous?.metadata.managedFields;
  if (previous === undefined || earlier?.length !== entries.length) return entries;
  const isSame = entries.every((entry, index) =>
    isJsonEqual({ ...entry, time: "" }, { ...earlier[index], time: "" }),
  );
  if (!isSame) return entries;
  return isJsonEqual(withoutManagedFields(previous), withoutManagedFields(next)) ? earlier : entries;
}

/** The object, its metadata without managedFields. */
export function withoutManagedFields(object: KubeObject): JsonObject {
  const { managedFields: _, ...metadata } = object.metadata;
  return { ...object, metadata };
}

function asJson(object: KubeObject): JsonObject {
  return object as unknown as JsonObject;
}
