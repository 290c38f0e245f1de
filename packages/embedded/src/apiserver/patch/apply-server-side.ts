import type { KubeObject } from "@sandgate/contract";
import { apiVersionOf, type ResourceDefinition } from "../registry/resource-definition.ts";
import type { SchemaTable } from "../schema/schema.ts";
import { ApiError } from "../server/api-error.ts";
import { conflictError } from "./conflict-error.ts";
import { difference, type FieldSet, recursiveDifference } from "./field-set.ts";
import { isJsonEqual, type JsonObject } from "./json-value.ts";
import { lastAppliedFields, renewLastApplied } from "./last-applied.ts";
import {
  formatManagedFields,
  type Managed,
  type ManagerIdentity,
  managerKey,
  parseManagedFields,
  timeText,
} from "./managed-fields.ts";
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
import { pruneUnapplied } from "./prune-unapplied.ts";
import { addUpdate, keepTimes, withoutManagedFields } from "./record-update.ts";
import { TypedError } from "./typed-error.ts";
import { fieldSetOf } from "./typed-field-set.ts";
import { mergeTyped } from "./typed-merge.ts";
import { validateShape } from "./typed-validate.ts";

export interface ApplyOptions {
  /** The stored object; undefined if there is none yet. It is not changed. */
  live: KubeObject | undefined;
  /** What the client applies: the fields it wants to own. It is not changed. */
  applied: KubeObject;
  definition: ResourceDefinition;
  types: SchemaTable;
  /** The request's `fieldManager`. */
  manager: string;
  /** Takes conflicting fields from their owners. */
  force: boolean;
  /** "" or absent for the object itself. */
  subresource?: string | undefined;
  nowMs: number;
}

/** Entries of an object that was never applied before belong to this manager. */
const BEFORE_FIRST_APPLY = "before-first-apply";

/** With this manager, kubectl's client-side and server-side apply are one. */
const KUBECTL = "kubectl";

/**
 * Applies fields to an object (server-side apply): they are merged in, what the manager applied before and not now goes
 * unless somebody else owns it, and `metadata.managedFields` says who owns what.
 *
 * @returns The object to store, without defaults; `live` itself if nothing changes.
 * @throws ApiError `Conflict` with one cause per field that another manager owns and that would change; `BadRequest` for
 *   a wrong type or managedFields in the request; `InternalError`, as kube-apiserver answers, for a value that its
 *   schema does not allow.
 */
export function applyServerSide(options: ApplyOptions): KubeObject {
  const { live, applied, definition, types, nowMs } = options;
  checkApplied(applied, definition);
  const subresource = options.subresource ?? "";
  const self: ManagerIdentity = {
    manager: options.manager === "" ? "unknown" : options.manager,
    operation: "Apply",
    apiVersion: applied.apiVersion ?? "",
    subresource,
  };
  const type = mergeTypeOf(definition, types);
  const resets = resetFields(definition, subresource);
  const before =
    live === undefined ? emptyObject(asJson(applied), definition, types) : withoutManagedFields(live);
  const managed = parseManagedFields(live?.metadata.managedFields);
  if (managed === undefined) throw new ApiError("InternalError", "failed to decode managed fields");
  checkShape(applied, type);
  if (managed.size === 0 && live !== undefined) {
    const writer = { ...self, manager: BEFORE_FIRST_APPLY, operation: "Update" } as const;
    addUpdate(managed, emptyObject(before, definition, types), before, { type, resets, writer, nowMs });
  }
  const context: ApplyContext = {
    before,
    applied: asJson(applied),
    type,
    resets,
    self,
    force: options.force,
  };
  const after = applyAs(context, managed, options.manager === KUBECTL);
  const key = managerKey(self);
  const own = managed.get(key);
  const isChanged = !isJsonEqual(before, after);
  if (own !== undefined && isChanged) managed.set(key, { ...own, time: timeText(nowMs) });
  return finish(live, after, managed, options);
}

interface ApplyContext {
  readonly before: JsonObject;
  readonly applied: JsonObject;
  readonly type: MergeType;
  readonly resets: FieldSet;
  readonly self: ManagerIdentity;
  readonly force: boolean;
}

/** Merges, prunes and settles ownership. Changes `managed`. */
function applyAs(context: ApplyContext, managed: Managed, isKubectl: boolean): JsonObject {
  const { before, applied, type, resets, self } = context;
  reconcileManaged(managed, type);
  const key = managerKey(self);
  const earlier = managed.get(key);
  const fields = recursiveDifference(fieldSetOf(applied, type), resets);
  managed.set(key, { ...self, time: earlier?.time, fields });
  const merged = mergeTyped(before, applied, type);
  const after = pruneUnapplied(merged, earlier?.fields, managed, type) as JsonObject;
  const comparison = compareObjects(before, after, type, resets);
  const conflicts = findConflicts(managed, key, comparison);
  if (conflicts.size > 0 && !context.force) {
    const open = isKubectl ? withoutLastApplied(conflicts, before, type, self.apiVersion) : conflicts;
    if (open.size > 0) throw conflictError(open, managed);
  }
  takeOver(managed, key, conflicts, comparison.removed);
  const owned = difference(fields, UNTRACKED);
  if (owned.size === 0) managed.delete(key);
  else managed.set(key, { ...self, time: earlier?.time, fields: owned });
  return after;
}

/** Conflicts that remain when fields that client-side apply set, and nobody changed since, count as kubectl's own. */
function withoutLastApplied(
  conflicts: ReadonlyMap<string, FieldSet>,
  live: JsonObject,
  type: MergeType,
  apiVersion: string,
): ReadonlyMap<string, FieldSet> {
  const own = lastAppliedFields(live, type, apiVersion);
  if (own === undefined) return conflicts;
  const open = new Map<string, FieldSet>();
  for (const [key, fields] of conflicts) {
    const rest = difference(fields, own);
    if (rest.size > 0) open.set(key, rest);
  }
  return open;
}

function finish(
  live: KubeObject | undefined,
  after: JsonObject,
  managed: Managed,
  options: ApplyOptions,
): KubeObject {
  const result = after as unknown as KubeObject;
  const object: KubeObject = { ...result, metadata: { ...result.metadata } };
  if (options.manager === KUBECTL) renewLastApplied(object, options.applied);
  const entries = formatManagedFields(managed);
  if (entries !== undefined) object.metadata.managedFields = keepTimes(live, object, entries);
  return live !== undefined && isJsonEqual(live, object) ? live : object;
}

function checkApplied(applied: KubeObject, definition: ResourceDefinition): void {
  const expected = apiVersionOf(definition);
  if (applied.apiVersion !== expected || applied.kind !== definition.kind) {
    throw new ApiError("BadRequest", `invalid object type: ${typeText(applied)}`);
  }
  if (applied.metadata.managedFields !== undefined && applied.metadata.managedFields !== null) {
    throw new ApiError("BadRequest", "metadata.managedFields must be nil");
  }
}

function checkShape(applied: KubeObject, type: MergeType): void {
  try {
    validateShape(applied, type);
  } catch (error) {
    if (!(error instanceof TypedError)) throw error;
    const { namespace = "", name = "" } = applied.metadata;
    const where = `${namespace}/${name}; ${typeText(applied)}`;
    throw new ApiError("InternalError", `failed to create typed patch object (${where}): ${error.message}`);
  }
}

/** `group/version, Kind=Kind`, the group empty for core. */
function typeText({ apiVersion = "", kind = "" }: KubeObject): string {
  return `${apiVersion.includes("/") ? "" : "/"}${apiVersion}, Kind=${kind}`;
}

function asJson(object: KubeObject): JsonObject {
  return object as unknown as JsonObject;
}
