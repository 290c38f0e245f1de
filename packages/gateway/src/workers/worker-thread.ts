import { Worker } from "node:worker_threads";
import type { ListenAt } from "../listen.ts";
import type { MetricsSnapshot } from "../metrics/snapshot.ts";
import { StartError } from "../start-error.ts";
import type { FromWorker, ToWorker, WorkerSetup } from "./messages.ts";
import type { RouteFeed } from "./route-feed.ts";

/** One worker as the main thread sees it. */
export interface WorkerThread {
  /** Resolves when it has its first copy of the routes and can listen. Rejects where it cannot start, or ends. */
  readonly prepared: Promise<void>;
  listen(gateway: ListenAt, router: ListenAt | null): Promise<ListeningUrls>;
  /** What it counts; where it does not answer in time, what it said last. */
  snapshot(): Promise<MetricsSnapshot>;
  /** What it said last of what it counts. */
  readonly lastSnapshot: MetricsSnapshot;
  /** Has it drain, and resolves when it has ended. */
  close(): Promise<void>;
  /** Resolves when it has ended, however it did, with the reason. */
  readonly ended: Promise<string>;
}

export interface ListeningUrls {
  readonly url: string;
  readonly routerUrl: string | null;
}

export interface WorkerThreadOptions {
  /** The file that it begins with. It calls `runWorker`. */
  readonly entry: URL;
  readonly setup: WorkerSetup;
  readonly feed: RouteFeed;
  /** Takes whole lines of its log. */
  readonly write: (lines: string) => void;
}

/** How long a thread may keep a scrape waiting. */
const SNAPSHOT_MS = 1_000;

/** After the drain time; a thread that has not ended by then does not listen to anybody. */
const STUCK_MS = 5_000;

/** Starts a worker. It takes no connections before `listen`. */
export function openWorkerThread(options: WorkerThreadOptions): WorkerThread {
  const { setup, feed } = options;
  const worker = new Worker(options.entry, { workerData: setup, name: `worker-${setup.index}` });
  // oxlint-disable-next-line unicorn/require-post-message-target-origin -- a worker has no origin
  const tell = (message: ToWorker): void => worker.postMessage(message);
  const prepared = Promise.withResolvers<void>();
  const listening = Promise.withResolvers<ListeningUrls>();
  const closed = Promise.withResolvers<void>();
  const ended = Promise.withResolvers<string>();
  let lastSnapshot: MetricsSnapshot = {};
  let scrapes: (() => void)[] = [];
  let over = false;
  let reason: string | null = null;

  const joined = feed.join({
    changed: (changes) => tell({ type: "routes", changes }),
    healthIs: (health) => tell({ type: "health", health }),
  });

  function fail(error: Error): void {
    prepared.reject(error);
    listening.reject(error);
  }
  // Whoever waits for one of them need not wait for the other.
  prepared.promise.catch(() => {});
  listening.promise.catch(() => {});

  worker.on("message", (message: FromWorker) => {
    if (message.type === "lines") options.write(message.text);
    else if (message.type === "prepared") prepared.resolve();
    else if (message.type === "listening") listening.resolve(message);
    else if (message.type === "refused") {
      reason = message.message;
      fail(message.told ? new StartError(reason) : new Error(reason));
    } else {
      lastSnapshot = message.metrics;
      for (const done of scrapes.splice(0)) done();
      if (message.type === "failed") reason = message.error;
      else if (message.type === "closed") closed.resolve();
    }
  });
  worker.on("error", (error) => (reason ??= error.stack ?? error.message));
  worker.on("exit", (code) => {
    over = true;
    joined.leave();
    reason ??= `it ended with code ${code}`;
    fail(new Error(`A worker has ended: ${reason}`));
    closed.resolve();
    for (const done of scrapes.splice(0)) done();
    ended.resolve(reason);
  });

  const ready = Promise.all([prepared.promise, joined.copied]).then(() => {});
  ready.catch(() => {});
  return {
    prepared: ready,
    listen(gateway, router) {
      tell({ type: "listen", gateway, router });
      return listening.promise;
    },
    async snapshot() {
      if (over) return lastSnapshot;
      const answered = Promise.withResolvers<void>();
      const timer = setTimeout(answered.resolve, SNAPSHOT_MS);
      scrapes.push(answered.resolve);
      tell({ type: "metrics" });
      await answered.promise;
      clearTimeout(timer);
      scrapes = scrapes.filter((one) => one !== answered.resolve);
      return lastSnapshot;
    },
    get lastSnapshot() {
      return lastSnapshot;
    },
    async close() {
      tell({ type: "close" });
      const timer = setTimeout(
        closed.resolve,
        setup.config.drainDelayMs + setup.config.drainTimeoutMs + STUCK_MS,
      );
      await closed.promise;
      clearTimeout(timer);
      await worker.terminate();
      await ended.promise;
    },
    ended: ended.promise,
  };
}
