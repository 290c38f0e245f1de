import type { ResourceDefinition } from "../registry/resource-definition.ts";
import { conflict, forbidden } from "../server/status-errors.ts";
import { type AnyObject, type Entry, parseEntry } from "../storage/entry.ts";
import { type Api, timestamp } from "./api.ts";
import { isFinished } from "./update-object.ts";

export type PropagationPolicy = "Foreground" | "Background" | "Orphan";

export interface DeleteOptions {
  readonly gracePeriodSeconds?: number | undefined;
  readonly propagationPolicy?: PropagationPolicy | undefined;
  readonly preconditions?: { readonly uid?: string; readonly resourceVersion?: string } | undefined;
  readonly dryRun?: boolean | undefined;
}

export interface Deletion {
  /** The last state, or the one that waits. */
  readonly entry: Entry;
  /** False where finalizers or a grace period are waited for. */
  readonly gone: boolean;
}

/** Finalizers that stand for what the garbage collector has yet to do. */
export const FINALIZER_FOREGROUND = "foregroundDeletion";
export const FINALIZER_ORPHAN = "orphan";
const KEPT_NAMESPACES = new Set(["default", "kube-system", "kube-public"]);

/**
 * Deletes an object, or marks it as to be deleted. Nothing waits in here, so `entry` has to be the present state.
 *
 * @throws ApiError 409 if a precondition fails.
 */
export function deleteObject(
  api: Api,
  definition: ResourceDefinition,
  entry: Entry,
  options: DeleteOptions,
): Deletion {
  checkPreconditions(definition, entry, options);
  if (entry.bucket === "/namespaces" && KEPT_NAMESPACES.has(entry.name)) {
    throw forbidden(definition, entry.name, "this namespace may not be deleted");
  }
  const object = parseEntry(entry);
  setFinalizers(object, options.propagationPolicy);
  const { metadata } = object;
  const grace = graceOf(definition, object, options.gracePeriodSeconds);
  const marked = metadata.deletionTimestamp !== undefined;
  if (!marked || grace < (metadata.deletionGracePeriodSeconds ?? 0)) {
    const from = marked ? Date.parse(metadata.deletionTimestamp ?? "") : undefined;
    const before = (metadata.deletionGracePeriodSeconds ?? 0) * 1000;
    // A shorter grace period counts from the first request on.
    const start = from === undefined ? api.now() : from - before;
    metadata.deletionTimestamp = timestamp(start + grace * 1000);
    // A namespace goes when it is empty, not after a time.
    if (entry.bucket !== "/namespaces") metadata.deletionGracePeriodSeconds = grace;
    if (!marked && metadata.generation !== undefined) metadata.generation++;
    if (entry.bucket === "/namespaces") object.status = { ...object.status, phase: "Terminating" };
  }
  if (options.dryRun === true) return { entry, gone: isFinished(object) };
  if (isFinished(object)) {
    const last = definition.strategy.gracePeriodSeconds === undefined ? undefined : object;
    return { entry: api.store.remove(entry, last) ?? entry, gone: true };
  }
  if (JSON.stringify(object) === entry.json) return { entry, gone: false };
  return { entry: api.store.update(entry, object) ?? entry, gone: false };
}

function graceOf(definition: ResourceDefinition, object: AnyObject, requested: number | undefined): number {
  const seconds = definition.strategy.gracePeriodSeconds?.(object, requested) ?? 0;
  const left = object.metadata.deletionGracePeriodSeconds;
  // It never grows, and a repeated request that names none leaves it alone.
  if (object.metadata.deletionTimestamp === undefined || left === undefined) return seconds;
  return requested === undefined ? left : Math.min(left, seconds);
}

function setFinalizers(object: AnyObject, policy: PropagationPolicy | undefined): void {
  if (policy === undefined) return;
  const { metadata } = object;
  const others = (metadata.finalizers ?? []).filter(
    (finalizer) => finalizer !== FINALIZER_FOREGROUND && finalizer !== FINALIZER_ORPHAN,
  );
  if (policy === "Foreground") others.push(FINALIZER_FOREGROUND);
  if (policy === "Orphan") others.push(FINALIZER_ORPHAN);
  if (others.length > 0) metadata.finalizers = others;
  else delete metadata.finalizers;
}

function checkPreconditions(
  definition: ResourceDefinition,
  entry: Entry,
  { preconditions }: DeleteOptions,
): void {
  const { uid = "", resourceVersion = "" } = preconditions ?? {};
  if (uid !== "" && uid !== entry.uid) {
    throw conflict(
      definition,
      entry.name,
      `the UID in the precondition (${uid}) does not match the UID in record (${entry.uid}). ` +
        "The object might have been deleted and then recreated",
    );
  }
  if (resourceVersion !== "" && resourceVersion !== String(entry.revision)) {
    throw conflict(
      definition,
      entry.name,
      `the ResourceVersion in the precondition (${resourceVersion}) does not match the ResourceVersion in record ` +
        `(${entry.revision}). The object might have been modified`,
    );
  }
}
