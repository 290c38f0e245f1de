import type { OwnerReference } from "@sandgate/contract";
import { type AnyObject, type Entry, type StoreEvent, parseEntry } from "../storage/entry.ts";
import { type Api, bucketOf, definitionOf, splitApiVersion } from "./api.ts";
import {
  FINALIZER_FOREGROUND,
  FINALIZER_ORPHAN,
  type PropagationPolicy,
  deleteObject,
} from "./delete-object.ts";
import { isFinished } from "./update-object.ts";
import { createWorkQueue } from "./work-queue.ts";

/** Objects that are changed before other requests get their turn. */
const PORTION = 200;
const MAX_GONE = 10_000;

/**
 * Deletes what nobody owns any more. Each object in question is looked at alone: first what its deletion still waits
 * for (dependents to orphan, dependents to go first), then whether its own owners are there.
 *
 * @returns Stops it.
 */
export function startGarbageCollector(api: Api): () => void {
  const { store, registry } = api;
  const queue = createWorkQueue(
    "garbage collection",
    (uid) => collect(api, gone, uid, (each) => queue.add(each)),
    api.logger,
  );

  /** Owners that are known to be gone, though their kind may have gone with them. */
  const gone = new Set<string>();

  function remember(uid: string): void {
    gone.add(uid);
    const [oldest] = gone;
    if (gone.size > MAX_GONE && oldest !== undefined) gone.delete(oldest);
  }

  function onEvent({ type, entry, previous }: StoreEvent): void {
    if (type === "DELETED") {
      const dependents = store.dependents(entry.uid);
      if (dependents.length > 0) remember(entry.uid);
      for (const dependent of dependents) queue.add(dependent.uid);
      for (const owner of entry.ownerUids) if (store.byUid(owner)?.deleting === true) queue.add(owner);
      return;
    }
    if (entry.deleting || (entry.ownerUids.length > 0 && previous === undefined)) queue.add(entry.uid);
    if (previous !== undefined && (entry.ownerUids.length > 0 || previous.ownerUids.length > 0)) {
      if (String(entry.ownerUids) !== String(previous.ownerUids)) queue.add(entry.uid);
      for (const owner of [...entry.ownerUids, ...previous.ownerUids]) {
        if (store.byUid(owner)?.deleting === true) queue.add(owner);
      }
    }
  }

  function scan(): void {
    for (const name of store.bucketNames()) {
      for (const entry of store.bucket(name).entries.values()) {
        if (entry.deleting || entry.ownerUids.length > 0) queue.add(entry.uid);
      }
    }
  }

  const unsubscribe = store.subscribe(onEvent);
  // A kind that was unknown may be an owner's.
  registry.onChange(scan);
  scan();
  return () => {
    unsubscribe();
    queue.close();
  };
}

function collect(api: Api, gone: ReadonlySet<string>, uid: string, again: (uid: string) => void): void {
  const entry = api.store.byUid(uid);
  if (entry === undefined) return;
  const object = parseEntry(entry);
  if (entry.deleting) {
    const finalizers = object.metadata.finalizers ?? [];
    if (finalizers.includes(FINALIZER_ORPHAN)) orphanDependents(api, entry, again);
    else if (finalizers.includes(FINALIZER_FOREGROUND)) deleteDependents(api, entry, again);
    return;
  }
  if (entry.ownerUids.length > 0) judgeOwners(api, gone, entry, object);
}

function orphanDependents(api: Api, owner: Entry, again: (uid: string) => void): void {
  const dependents = api.store.dependents(owner.uid);
  for (const dependent of dependents.slice(0, PORTION)) {
    removeReferences(api, dependent, (reference) => reference.uid === owner.uid);
  }
  if (dependents.length > PORTION) again(owner.uid);
  else removeFinalizer(api, owner, FINALIZER_ORPHAN);
}

function deleteDependents(api: Api, owner: Entry, again: (uid: string) => void): void {
  let blocked = false;
  for (const dependent of api.store.dependents(owner.uid)) {
    if (!dependent.deleting) again(dependent.uid);
    const references = parseEntry(dependent).metadata.ownerReferences ?? [];
    blocked ||= references.some(
      ({ uid, blockOwnerDeletion }) => uid === owner.uid && blockOwnerDeletion === true,
    );
  }
  if (!blocked) removeFinalizer(api, owner, FINALIZER_FOREGROUND);
}

type OwnerState = "present" | "leaving" | "gone";

function judgeOwners(api: Api, gone: ReadonlySet<string>, entry: Entry, object: AnyObject): void {
  const references = object.metadata.ownerReferences ?? [];
  const states = new Map(
    references.map(
      (reference) =>
        [reference, gone.has(reference.uid) ? "gone" : ownerState(api, entry, reference)] as const,
    ),
  );
  const values = [...states.values()];
  if (values.includes("present")) {
    if (values.some((state) => state !== "present")) {
      removeReferences(api, entry, ({ uid }) =>
        references.some((reference) => reference.uid === uid && states.get(reference) !== "present"),
      );
    }
    return;
  }
  const definition = definitionOf(api.registry, entry);
  if (definition === undefined) return;
  let policy: PropagationPolicy | undefined;
  // The owner waits for its dependents, so these wait for theirs.
  if (values.includes("leaving") && api.store.dependents(entry.uid).length > 0) policy = "Foreground";
  deleteObject(api, definition, entry, { propagationPolicy: policy });
}

function ownerState(api: Api, entry: Entry, reference: OwnerReference): OwnerState {
  const [group, version] = splitApiVersion(reference.apiVersion);
  const definition =
    api.registry.findKind(group, version, reference.kind) ??
    api.registry.list().find((row) => row.group === group && row.kind === reference.kind);
  // Of a kind that is not served nobody can say whether the owner is there, nor of one in some other namespace.
  if (definition === undefined || (definition.namespaced && entry.namespace === undefined)) return "present";
  const owner = api.store.byUid(reference.uid);
  const found =
    owner !== undefined &&
    owner.bucket === bucketOf(definition) &&
    owner.name === reference.name &&
    (!definition.namespaced || owner.namespace === entry.namespace);
  if (!found) return "gone";
  const waits =
    owner.deleting && (parseEntry(owner).metadata.finalizers ?? []).includes(FINALIZER_FOREGROUND);
  return waits ? "leaving" : "present";
}

function removeReferences(api: Api, entry: Entry, unwanted: (reference: OwnerReference) => boolean): void {
  const object = parseEntry(entry);
  const kept = (object.metadata.ownerReferences ?? []).filter((reference) => !unwanted(reference));
  if (kept.length > 0) object.metadata.ownerReferences = kept;
  else delete object.metadata.ownerReferences;
  api.store.update(entry, object);
}

function removeFinalizer(api: Api, entry: Entry, finalizer: string): void {
  const present = api.store.byUid(entry.uid);
  if (present === undefined) return;
  const object = parseEntry(present);
  const kept = (object.metadata.finalizers ?? []).filter((each) => each !== finalizer);
  if (kept.length > 0) object.metadata.finalizers = kept;
  else delete object.metadata.finalizers;
  if (isFinished(object)) api.store.remove(present, object);
  else api.store.update(present, object);
}
