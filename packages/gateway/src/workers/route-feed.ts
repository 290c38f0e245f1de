import type { SandboxEntry, SandboxWatchHealth } from "@sandgate/kube";
import type { RouteSource } from "../route-source.ts";
import type { RouteTable } from "../routes/route-table.ts";

/** One sandbox as the main thread has it: UID, entry (null when it is gone), why its address was refused. */
export type RouteChange = readonly [uid: string, entry: SandboxEntry | null, refusal: string | undefined];

/** A copy of the main thread's routes. Both calls take plain data. */
export interface FeedReader {
  /** In order; a sandbox may come again as it was. */
  changed(changes: readonly RouteChange[]): void;
  healthIs(health: SandboxWatchHealth): void;
}

/** The routes of the main thread, which follows the cluster, and their way to the threads that serve. */
export interface RouteFeed extends RouteSource {
  /** As the watch tells it. */
  put(uid: string, entry: SandboxEntry | undefined): void;
  /** What `health` says has changed. */
  healthChanged(): void;
  /**
   * Tells a reader everything there is and then every change.
   *
   * @returns `copied` resolves when it has been told of everything there was; `leave` ends it.
   */
  join(reader: FeedReader): { readonly copied: Promise<void>; leave(): void };
  close(): void;
}

/** Sandboxes in one message of a first copy: a few milliseconds for whoever sends and takes it. */
const CHUNK = 500;
/** How often readers are told when the newest news came, where nothing else changes. */
const ALIVE_MS = 1_000;

export function createRouteFeed(routes: RouteTable, health: () => SandboxWatchHealth): RouteFeed {
  const entries = new Map<string, SandboxEntry>();
  const readers = new Set<FeedReader>();
  /** Those of them whose copy is complete: before, the sandboxes are not known to them. */
  const complete = new Set<FeedReader>();
  let pending: RouteChange[] = [];
  let flushing: NodeJS.Immediate | undefined;
  let toldAtMs = 0;

  /** What one turn of the event loop brought goes together. */
  function flush(): void {
    clearImmediate(flushing);
    flushing = undefined;
    const changes = pending;
    if (changes.length === 0) return;
    pending = [];
    for (const reader of readers) reader.changed(changes);
  }

  function tellHealth(): void {
    flush();
    const now = health();
    toldAtMs = now.syncedAtMs;
    for (const reader of complete) reader.healthIs(now);
  }

  const alive = setInterval(() => {
    if (health().syncedAtMs !== toldAtMs) tellHealth();
  }, ALIVE_MS);
  alive.unref();

  /** Goes through the entries as they change: what changes meanwhile is told as well, after it. */
  async function copy(reader: FeedReader): Promise<void> {
    let chunk: RouteChange[] = [];
    for (const [uid, entry] of entries) {
      chunk.push([uid, entry, routes.refusalOf(uid)]);
      if (chunk.length < CHUNK) continue;
      flush();
      reader.changed(chunk);
      chunk = [];
      await new Promise((resolve) => setImmediate(resolve));
      if (!readers.has(reader)) return;
    }
    flush();
    if (chunk.length > 0) reader.changed(chunk);
    if (readers.has(reader)) complete.add(reader);
    reader.healthIs(health());
  }

  function leave(reader: FeedReader): void {
    readers.delete(reader);
    complete.delete(reader);
  }

  return {
    routes,
    get health() {
      return health();
    },
    put(uid, entry) {
      routes.put(uid, entry);
      if (entry === undefined) entries.delete(uid);
      else entries.set(uid, entry);
      if (readers.size === 0) return;
      pending.push([uid, entry ?? null, routes.refusalOf(uid)]);
      flushing ??= setImmediate(flush);
    },
    healthChanged: tellHealth,
    join(reader) {
      flush();
      readers.add(reader);
      return { copied: copy(reader), leave: () => leave(reader) };
    },
    close() {
      clearInterval(alive);
      clearImmediate(flushing);
      readers.clear();
      complete.clear();
    },
  };
}
