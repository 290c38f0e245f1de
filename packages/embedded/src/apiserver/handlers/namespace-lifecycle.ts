import type { Condition, Namespace } from "@sandgate/contract";
import { qualifiedResource } from "../server/status-errors.ts";
import { isJsonEqual } from "../patch/json-value.ts";
import { type Entry, type StoreEvent, parseEntry } from "../storage/entry.ts";
import { type Api, definitionOf, timestamp } from "./api.ts";
import { ensureServiceAccount } from "./base-objects.ts";
import { deleteObject } from "./delete-object.ts";
import { isFinished } from "./update-object.ts";
import { createWorkQueue } from "./work-queue.ts";

const NAMESPACES = "/namespaces";
const FINALIZER = "kubernetes";
/** Objects that are looked at before other requests get their turn. */
const PORTION = 200;

/**
 * Gives a new namespace its ServiceAccount, and empties one that is deleted before it lets it go.
 *
 * @returns Stops it.
 */
export function startNamespaceLifecycle(api: Api): () => void {
  const { store } = api;
  const queue = createWorkQueue(
    "emptying a namespace",
    (name) => empty(api, name, () => queue.add(name)),
    api.logger,
  );

  function onEvent({ type, entry }: StoreEvent): void {
    if (entry.bucket === NAMESPACES) {
      if (type !== "DELETED" && entry.deleting) queue.add(entry.name);
      // A listener must not write; before the next request it is there.
      if (type === "ADDED") queueMicrotask(() => keepServiceAccount(api, entry.name));
      return;
    }
    if (entry.namespace === undefined) return;
    const { namespace } = entry;
    if (type === "DELETED" && entry.bucket === "/serviceaccounts" && entry.name === "default") {
      queueMicrotask(() => keepServiceAccount(api, namespace));
    }
    if (type === "ADDED") return;
    if (store.get(NAMESPACES, namespace)?.deleting === true) queue.add(namespace);
  }

  const unsubscribe = store.subscribe(onEvent);
  for (const entry of store.bucket(NAMESPACES).entries.values()) if (entry.deleting) queue.add(entry.name);
  return () => {
    unsubscribe();
    queue.close();
  };
}

function keepServiceAccount(api: Api, namespace: string): void {
  const entry = api.store.get(NAMESPACES, namespace);
  if (entry === undefined || entry.deleting) return;
  try {
    ensureServiceAccount(api, namespace);
  } catch (error) {
    api.logger.error("no ServiceAccount could be made", { namespace, error: String(error) });
  }
}

function empty(api: Api, name: string, again: () => void): void {
  const namespace = api.store.get(NAMESPACES, name);
  if (namespace?.deleting !== true) return;
  const remaining: Entry[] = [];
  let removals = 0;
  for (const bucketName of api.store.bucketNames()) {
    for (const entry of api.store.bucket(bucketName).snapshot({ namespace: name }) ?? []) {
      // Deleting one object may already have taken the next one with it.
      const present = api.store.byUid(entry.uid);
      if (present === undefined || present.namespace !== name) continue;
      if (!present.deleting && removals++ === PORTION) {
        again();
        return;
      }
      if (!remove(api, present)) remaining.push(present);
    }
  }
  if (remaining.length > 0) report(api, name, remaining);
  else finish(api, name);
}

/** @returns Whether it is gone. */
function remove(api: Api, entry: Entry): boolean {
  if (entry.deleting) return false;
  const definition = definitionOf(api.registry, entry);
  if (definition === undefined) return api.store.remove(entry) !== undefined;
  return deleteObject(api, definition, entry, {}).gone;
}

function finish(api: Api, name: string): void {
  const entry = api.store.get(NAMESPACES, name);
  if (entry === undefined) return;
  const object = parseEntry(entry);
  const finalizers = (object.spec?.["finalizers"] ?? []) as readonly string[];
  object.spec = { ...object.spec, finalizers: finalizers.filter((each) => each !== FINALIZER) };
  if (isFinished(object)) api.store.remove(entry, object);
  else if (finalizers.includes(FINALIZER)) api.store.update(entry, object);
}

/** Says in the namespace's status what it waits for. */
function report(api: Api, name: string, remaining: readonly Entry[]): void {
  const entry = api.store.get(NAMESPACES, name);
  if (entry === undefined) return;
  const kinds = new Map<string, number>();
  const finalizers = new Map<string, number>();
  for (const each of remaining) {
    const [group = "", plural = ""] = each.bucket.split("/");
    count(kinds, qualifiedResource({ group, plural }));
    const present = api.store.byUid(each.uid);
    for (const finalizer of present === undefined ? [] : (parseEntry(present).metadata.finalizers ?? [])) {
      count(finalizers, finalizer);
    }
  }
  const object = parseEntry(entry) as Namespace & { status?: { conditions?: Condition[] } };
  const before = object.status?.conditions ?? [];
  const conditions = [
    condition(
      before,
      api.now(),
      "NamespaceContentRemaining",
      kinds,
      "SomeResourcesRemain",
      (counts) =>
        `Some resources are remaining: ${counts.map(([kind, n]) => `${kind} has ${n} resource instances`).join(", ")}`,
    ),
    condition(
      before,
      api.now(),
      "NamespaceFinalizersRemaining",
      finalizers,
      "SomeFinalizersRemain",
      (counts) =>
        `Some content in the namespace has finalizers remaining: ` +
        counts.map(([finalizer, n]) => `${finalizer} in ${n} resource instances`).join(", "),
    ),
  ];
  if (isJsonEqual(before, conditions)) return;
  object.status = { ...object.status, conditions };
  api.store.update(entry, object);
}

function condition(
  before: readonly Condition[],
  now: number,
  type: string,
  counts: ReadonlyMap<string, number>,
  reason: string,
  message: (counts: readonly (readonly [string, number])[]) => string,
): Condition {
  const sorted = [...counts].sort(([a], [b]) => (a < b ? -1 : 1));
  const some = sorted.length > 0;
  const next = {
    type,
    status: some ? ("True" as const) : ("False" as const),
    reason: some ? reason : "ContentRemoved",
    message: some ? message(sorted) : "",
  };
  const same = before.find((each) => each.type === type && each.status === next.status);
  return { ...next, lastTransitionTime: same?.lastTransitionTime ?? timestamp(now) };
}

function count(counts: Map<string, number>, key: string): void {
  counts.set(key, (counts.get(key) ?? 0) + 1);
}
