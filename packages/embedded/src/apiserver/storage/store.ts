import type { KubeObject } from "@sandgate/contract";
import { type Bucket, createBucket } from "./bucket.ts";
import { DataFolderError } from "./data-folder-error.ts";
import type { Database, Row } from "./database.ts";
import { type Entry, type StoreEvent, entryOf, makeEntry, parseEntry } from "./entry.ts";

/**
 * Every object of the cluster, in memory as the text that is served and on disk. All methods are synchronous: what
 * stands between two of them without an `await` is atomic. A write is on disk before it is visible.
 */
export interface Store {
  /** Revision of the last write; `resourceVersion` of a list made now. */
  readonly revision: number;
  get(bucket: string, key: string): Entry | undefined;
  byUid(uid: string): Entry | undefined;
  /** Objects that name `uid` in their owner references. */
  dependents(uid: string): readonly Entry[];
  bucket(name: string): Bucket;
  bucketNames(): readonly string[];
  /** @returns Undefined if the key is taken. */
  create(bucket: string, object: KubeObject): Entry | undefined;
  /** @returns Undefined if `expected` is no longer the present state. */
  update(expected: Entry, object: KubeObject): Entry | undefined;
  /**
   * @param last - What watchers see as the last state; absent: the present one.
   * @returns The last state, or undefined if `expected` is no longer the present one.
   */
  remove(expected: Entry, last?: KubeObject): Entry | undefined;
  /** Every event of every bucket, after the bucket's own listeners. */
  subscribe(listener: (event: StoreEvent) => void): () => void;
}

export function createStore(database: Database): Store {
  const buckets = new Map<string, Bucket>();
  const uids = new Map<string, Entry>();
  const dependents = new Map<string, Set<string>>();
  const listeners = new Set<(event: StoreEvent) => void>();
  const start = database.revision;
  let revision = start;

  for (const row of database.rows()) {
    const entry = entryOf(row.id, row.bucket, parseRow(row), row.revision, row.json);
    bucket(row.bucket).restore(entry);
    index(undefined, entry);
  }

  function bucket(name: string): Bucket {
    let found = buckets.get(name);
    if (found === undefined) {
      found = createBucket(start);
      buckets.set(name, found);
    }
    return found;
  }

  function index(previous: Entry | undefined, next: Entry | undefined): void {
    const uid = next?.uid ?? previous?.uid ?? "";
    if (next === undefined) uids.delete(uid);
    else uids.set(uid, next);
    for (const owner of previous?.ownerUids ?? []) {
      const set = dependents.get(owner);
      set?.delete(uid);
      if (set?.size === 0) dependents.delete(owner);
    }
    for (const owner of next?.ownerUids ?? []) {
      const set = dependents.get(owner) ?? new Set();
      set.add(uid);
      dependents.set(owner, set);
    }
  }

  function publish(event: StoreEvent): void {
    revision = event.revision;
    index(event.previous, event.type === "DELETED" ? undefined : event.entry);
    bucket(event.entry.bucket).apply(event);
    for (const listener of listeners) listener(event);
  }

  function present(expected: Entry): boolean {
    return bucket(expected.bucket).entries.get(expected.key) === expected;
  }

  return {
    get revision() {
      return revision;
    },
    get: (name, key) => buckets.get(name)?.entries.get(key),
    byUid: (uid) => uids.get(uid),
    dependents: (uid) =>
      [...(dependents.get(uid) ?? [])].map((each) => uids.get(each)).filter((each) => each !== undefined),
    bucket,
    bucketNames: () => [...buckets.keys()],
    create(name, object) {
      const draft = makeEntry(0, name, object, revision + 1);
      if (bucket(name).entries.has(draft.key)) return undefined;
      const id = database.insert(name, draft.key, draft.revision, draft.json);
      const entry = { ...draft, id };
      publish({ type: "ADDED", revision: entry.revision, entry, previous: undefined });
      return entry;
    },
    update(expected, object) {
      if (!present(expected)) return undefined;
      const entry = makeEntry(expected.id, expected.bucket, object, revision + 1);
      database.update(entry.id, entry.revision, entry.json);
      publish({ type: "MODIFIED", revision: entry.revision, entry, previous: expected });
      return entry;
    },
    remove(expected, last) {
      if (!present(expected)) return undefined;
      const entry = makeEntry(expected.id, expected.bucket, last ?? parseEntry(expected), revision + 1);
      database.remove(entry.id, entry.revision);
      publish({ type: "DELETED", revision: entry.revision, entry, previous: expected });
      return entry;
    },
    subscribe(listener) {
      listeners.add(listener);
      return () => void listeners.delete(listener);
    },
  };
}

function parseRow({ bucket, key, json }: Row): KubeObject {
  try {
    return JSON.parse(json) as KubeObject;
  } catch (error) {
    throw new DataFolderError(
      "DATA_CORRUPT",
      `The stored object ${bucket} ${key} is damaged. Restore the data folder from a backup, or move it away to start empty.`,
      { cause: error },
    );
  }
}
