import { silentLogger, type KubeObject, type Stored } from "@sandgate/contract";
import { isExpired } from "../client/errors.ts";
import { createBackoff } from "./backoff.ts";
import { objectKey, type Informer, type InformerHealth, type InformerOptions } from "./informer.ts";
import { listPages } from "./list-pages.ts";
import { ObjectStore } from "./object-store.ts";
import { sleep } from "./sleep.ts";

const SILENCE_MS = 120_000;
/** A watch that ends sooner than this is a failure, also where the server ended it in good order. */
const SHORT_WATCH_MS = 1_000;
const FIRST_RETRY_MS = 100;
/** A server that is back is found within this time, by every client anew. */
const RETRY_LIMIT_MS = 5_000;

/**
 * Keeps a local copy of one kind: list, then watch from the list's version, again from the last version seen when the
 * watch ends, and a new list when that version is no longer kept. A new list is compared with the copy, so that no change
 * is told twice and none is lost.
 */
export function createInformer<T extends KubeObject>(options: InformerOptions<T>): Informer<T> {
  const { client, resource } = options;
  const logger = options.logger ?? silentLogger;
  const transform = options.transform ?? ((object: Stored<T>) => object);
  const keep = options.keep ?? (() => true);
  const closing = new AbortController();
  const synced = Promise.withResolvers<void>();
  // Whoever does not wait for it is not told of a close before the first list by a crash.
  synced.promise.catch(() => {});
  const store = new ObjectStore<T>(options.indexes ?? {}, (change) => options.onChange?.(change));
  let complete: string | null = null;
  /** When the present watch was accepted. */
  let openedAtMs: number | null = null;
  let health: InformerHealth = { synced: false, seenAtMs: 0, error: null };
  const scope = {
    namespace: options.namespace,
    labelSelector: options.labelSelector,
    fieldSelector: options.fieldSelector,
  };

  function seen(): void {
    const changed = health.error !== null || !health.synced;
    health = { synced: true, seenAtMs: Date.now(), error: null };
    if (changed) options.onHealth?.(health);
  }

  function failed(error: unknown): void {
    options.onFailure?.(error);
    const message = error instanceof Error ? error.message : String(error);
    if (health.error === message) return;
    health = { ...health, error: message };
    logger.warn(`watch of ${resource.plural} failed`, { error: message });
    options.onHealth?.(health);
  }

  async function list(): Promise<string> {
    const keys = new Set<string>();
    const version = await listPages(client, resource, { ...scope, signal: closing.signal }, (items) => {
      for (const item of items) {
        const object = transform(item);
        if (!keep(object)) continue;
        keys.add(objectKey(object));
        store.put(object);
      }
    });
    store.retain(keys);
    complete = version;
    seen();
    synced.resolve();
    return version;
  }

  function take(type: "ADDED" | "MODIFIED" | "DELETED", object: Stored<T>): void {
    if (type === "DELETED" || !keep(object)) store.remove(object);
    else store.put(object);
  }

  /** @returns The version to go on from. */
  async function watch(from: string): Promise<string> {
    let version = from;
    const silent = new AbortController();
    const watchdog = setTimeout(
      () => silent.abort(new Error("the watch was silent")),
      options.silenceMs ?? SILENCE_MS,
    );
    try {
      const events = client.watch(resource, {
        ...scope,
        resourceVersion: version,
        allowWatchBookmarks: true,
        // Spread, so that the watches of many replicas do not all end at once.
        timeoutSeconds: 300 + Math.floor(Math.random() * 300),
        signal: AbortSignal.any([closing.signal, silent.signal]),
        onOpen: () => {
          openedAtMs = Date.now();
          seen();
        },
      });
      for await (const event of events) {
        watchdog.refresh();
        version = event.object.metadata.resourceVersion ?? version;
        if (event.type !== "BOOKMARK") take(event.type, transform(event.object));
        complete = version;
        seen();
      }
    } catch (error) {
      throw new WatchFailure(version, error);
    } finally {
      clearTimeout(watchdog);
    }
    return version;
  }

  async function run(): Promise<void> {
    const backoff = createBackoff({ firstMs: FIRST_RETRY_MS, limitMs: RETRY_LIMIT_MS });
    let version: string | null = null;
    let relisted = false;
    while (!closing.signal.aborted) {
      const began = Date.now();
      openedAtMs = null;
      let pause = true;
      try {
        version ??= await list();
        version = await watch(version);
      } catch (error) {
        if (closing.signal.aborted) return;
        const cause = error instanceof WatchFailure ? error.cause : error;
        if (error instanceof WatchFailure) version = error.version;
        if (isExpired(cause)) {
          // The first is answered by a list at once; a server that lets every list expire is not asked without end.
          pause = relisted;
          relisted = true;
          version = null;
          logger.debug(`watch of ${resource.plural} expired, listing again`);
        } else {
          failed(cause);
        }
      }
      if (openedAtMs !== null && Date.now() - openedAtMs > SHORT_WATCH_MS) {
        backoff.reset();
        relisted = false;
      }
      if (pause && Date.now() - began < RETRY_LIMIT_MS) await sleep(backoff.next(), closing.signal);
    }
  }

  const running = run();
  return {
    get: (key) => store.get(key),
    list: () => store.list(),
    byIndex: (index, key) => store.byIndex(index, key),
    get size() {
      return store.size;
    },
    get health() {
      return health;
    },
    get version() {
      return complete;
    },
    synced: synced.promise,
    async close() {
      closing.abort();
      synced.reject(new Error(`the informer of ${resource.plural} was closed before it was synced`));
      await running;
    },
  };
}

/** Carries the last version seen out of a watch that failed. */
class WatchFailure extends Error {
  readonly version: string;

  constructor(version: string, cause: unknown) {
    super("watch failed", { cause });
    this.version = version;
  }
}
