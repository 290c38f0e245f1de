import type { Logger } from "@sandgate/contract";
import { createBackoff } from "@sandgate/kube";
import type { ListenAt } from "../listen.ts";
import { mergeSnapshots, type MetricsSnapshot } from "../metrics/snapshot.ts";
import { requestsByWorker, withoutGauges } from "./worker-metrics.ts";
import type { ListeningUrls, WorkerThread } from "./worker-thread.ts";

/** The workers of a gateway. One that ends is started again. */
export interface WorkerCrew {
  /** Resolves when all can listen. Rejects where one cannot start. */
  readonly prepared: Promise<void>;
  /** All begin to take connections, and so do those that take the place of one. */
  listen(gateway: ListenAt, router: ListenAt | null): Promise<ListeningUrls>;
  /** Of all of them together, those that have ended included. */
  snapshot(): Promise<MetricsSnapshot>;
  /** All drain at once; resolves when the last has ended. */
  close(): Promise<void>;
}

export interface WorkerCrewOptions {
  readonly count: number;
  /** Starts the worker of that index. */
  open(index: number): WorkerThread;
  /** Told of one that has ended, before another takes its place. */
  lost(index: number): void;
  readonly logger: Logger;
}

const BACKOFF = { firstMs: 100, limitMs: 10_000 } as const;
/** One that has served for that long did not end because of how it was started. */
const SOUND_MS = 60_000;

interface Place {
  readonly index: number;
  readonly backoff: ReturnType<typeof createBackoff>;
  /** Null between one that has ended and the next. */
  thread: WorkerThread | null;
  beganAtMs: number;
  /** What those counted that were here before. */
  before: MetricsSnapshot;
  timer: NodeJS.Timeout | undefined;
}

export function createWorkerCrew(options: WorkerCrewOptions): WorkerCrew {
  const { logger } = options;
  let at: { gateway: ListenAt; router: ListenAt | null } | null = null;
  let closing = false;
  let restarts = 0;
  const first = Array.from({ length: options.count }, (_, index) => options.open(index));
  const places = first.map((thread, index): Place => {
    const backoff = createBackoff(BACKOFF);
    const beganAtMs = performance.now();
    const place: Place = { index, backoff, thread, beganAtMs, before: {}, timer: undefined };
    watch(place, thread);
    return place;
  });

  function watch(place: Place, thread: WorkerThread): void {
    void thread.ended.then((error) => {
      // Before all listen for the first time, one that ends is an error of the start.
      if (closing || at === null) return;
      options.lost(place.index);
      place.thread = null;
      place.before = mergeSnapshots([place.before, withoutGauges(thread.lastSnapshot)]);
      if (performance.now() - place.beganAtMs > SOUND_MS) place.backoff.reset();
      const waitMs = Math.round(place.backoff.next());
      logger.error("a worker has ended; another takes its place", { worker: place.index, waitMs, error });
      place.timer = setTimeout(() => replace(place), waitMs);
    });
  }

  function replace(place: Place): void {
    restarts++;
    place.beganAtMs = performance.now();
    const thread = (place.thread = options.open(place.index));
    watch(place, thread);
    thread.prepared
      .then(async () => {
        if (closing || at === null) return;
        await thread.listen(at.gateway, at.router);
        logger.info("a worker has taken the place of one that ended", { worker: place.index });
      })
      // It ends by itself and is watched.
      .catch(() => {});
  }

  return {
    prepared: Promise.all(first.map((thread) => thread.prepared)).then(() => {}),
    async listen(gateway, router) {
      const urls = await Promise.all(first.map((thread) => thread.listen(gateway, router)));
      at = { gateway, router };
      return urls[0] ?? { url: "", routerUrl: null };
    },
    async snapshot() {
      const each = await Promise.all(
        places.map(async ({ thread, before }) => mergeSnapshots([before, (await thread?.snapshot()) ?? {}])),
      );
      return {
        ...mergeSnapshots(each),
        sandgate_workers: [{ labels: [], value: places.filter(({ thread }) => thread !== null).length }],
        sandgate_worker_restarts_total: [{ labels: [], value: restarts }],
        sandgate_worker_requests_total: requestsByWorker(each),
      };
    },
    async close() {
      closing = true;
      for (const { timer } of places) clearTimeout(timer);
      await Promise.all(places.map(async ({ thread }) => thread?.close()));
    },
  };
}
