import type { Entry, StoreEvent } from "./entry.ts";

/** How far back a bucket remembers: enough for a client to list in pages and then watch, and no more. */
const MAX_EVENTS = 8192;
const MAX_EVENT_CHARS = 24 * 1024 * 1024;

/** All objects of one kind, and what happened to them lately. */
export interface Bucket {
  readonly entries: ReadonlyMap<string, Entry>;
  apply(event: StoreEvent): void;
  /** Loads a row without an event. */
  restore(entry: Entry): void;
  /** Events after `revision` in their order, or undefined if some of them are forgotten. */
  since(revision: number): readonly StoreEvent[] | undefined;
  /**
   * Entries in key order as they were at `revision` (absent: now), only those of `namespace` and after the key
   * `after` where given. Undefined if that revision is forgotten.
   */
  snapshot(options?: SnapshotOptions): readonly Entry[] | undefined;
  subscribe(listener: (event: StoreEvent) => void): () => void;
}

export interface SnapshotOptions {
  readonly revision?: number | undefined;
  readonly namespace?: string | undefined;
  readonly after?: string | undefined;
}

/** @param startRevision - Revision from which on this bucket knows its history. */
export function createBucket(startRevision: number): Bucket {
  const entries = new Map<string, Entry>();
  const listeners = new Set<(event: StoreEvent) => void>();
  let sorted: Entry[] | undefined;
  let position: Map<string, number> | undefined;
  let events: StoreEvent[] = [];
  let first = 0;
  let chars = 0;
  let known = startRevision;

  function inOrder(): Entry[] {
    if (sorted === undefined) {
      sorted = [...entries.values()].sort(byKey);
      position = new Map(sorted.map((entry, index) => [entry.key, index]));
    }
    return sorted;
  }

  function remember(event: StoreEvent): void {
    events.push(event);
    chars += event.entry.json.length;
    while (events.length - first > MAX_EVENTS || chars > MAX_EVENT_CHARS) {
      const oldest = events[first];
      if (oldest === undefined) break;
      known = oldest.revision;
      chars -= oldest.entry.json.length;
      first++;
    }
    if (first > MAX_EVENTS) {
      events = events.slice(first);
      first = 0;
    }
  }

  function since(revision: number): readonly StoreEvent[] | undefined {
    if (revision < known) return undefined;
    let low = first;
    let high = events.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      const event = events[middle];
      if (event !== undefined && event.revision <= revision) low = middle + 1;
      else high = middle;
    }
    return events.slice(low);
  }

  return {
    entries,
    restore(entry) {
      entries.set(entry.key, entry);
      sorted = undefined;
    },
    apply(event) {
      const { key } = event.entry;
      if (event.type === "DELETED") {
        entries.delete(key);
        sorted = undefined;
      } else {
        entries.set(key, event.entry);
        const index = position?.get(key);
        if (event.type === "MODIFIED" && sorted !== undefined && index !== undefined)
          sorted[index] = event.entry;
        else sorted = undefined;
      }
      remember(event);
      for (const listener of listeners) listener(event);
    },
    since,
    snapshot({ revision, namespace, after } = {}) {
      let all: readonly Entry[] = inOrder();
      if (revision !== undefined) {
        const undo = since(revision);
        if (undo === undefined) return undefined;
        if (undo.length > 0) all = rewind(entries, undo);
      }
      const from = namespace === undefined ? "" : `${namespace}/`;
      let start = lowerBound(all, from);
      if (after !== undefined && after >= from) {
        start = lowerBound(all, after);
        if (all[start]?.key === after) start++;
      }
      // "0" is the character after "/": the first key that no longer begins with the namespace.
      const end = namespace === undefined ? all.length : lowerBound(all, `${namespace}0`);
      return all.slice(start, Math.max(start, end));
    },
    subscribe(listener) {
      listeners.add(listener);
      return () => void listeners.delete(listener);
    },
  };
}

/** The state before `events`, which lead up to the present. */
function rewind(present: ReadonlyMap<string, Entry>, events: readonly StoreEvent[]): Entry[] {
  const past = new Map(present);
  for (const event of events.toReversed()) {
    if (event.previous === undefined) past.delete(event.entry.key);
    else past.set(event.entry.key, event.previous);
  }
  return [...past.values()].sort(byKey);
}

function byKey(a: Entry, b: Entry): number {
  if (a.key === b.key) return 0;
  return a.key < b.key ? -1 : 1;
}

function lowerBound(sorted: readonly Entry[], key: string): number {
  let low = 0;
  let high = sorted.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    const entry = sorted[middle];
    if (entry !== undefined && entry.key < key) low = middle + 1;
    else high = middle;
  }
  return low;
}
