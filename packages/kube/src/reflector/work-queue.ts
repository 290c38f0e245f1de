import { silentLogger, type Logger } from "@sandgate/contract";
import { createBackoff, type Backoff } from "./backoff.ts";

export interface WorkQueue {
  /** Has the key worked on soon; once, however often it is added meanwhile. */
  add(key: string): void;
  /** The same after a time; the earliest time asked for counts. */
  addAfter(key: string, delayMs: number): void;
  /** Takes no more keys and resolves when those being worked on are done. Idempotent. */
  close(): Promise<void>;
}

export interface WorkQueueOptions {
  /** Works on one key. A rejection has it tried again with growing delays; a key is never worked on twice at once. */
  work: (key: string) => Promise<void>;
  /** Keys worked on at the same time. */
  concurrency?: number;
  retryFirstMs?: number;
  retryLimitMs?: number;
  logger?: Logger;
  /** For log lines. */
  name?: string;
}

/** The queue of a controller: level-triggered work by key. */
export function createWorkQueue(options: WorkQueueOptions): WorkQueue {
  const logger = options.logger ?? silentLogger;
  const concurrency = options.concurrency ?? 8;
  const waiting = new Set<string>();
  const active = new Set<string>();
  /** Keys added while they were worked on. */
  const again = new Set<string>();
  const timers = new Map<string, { timer: NodeJS.Timeout; at: number }>();
  const backoffs = new Map<string, Backoff>();
  let closed = false;
  let idle: (() => void) | null = null;

  function add(key: string): void {
    if (closed) return;
    if (active.has(key)) again.add(key);
    else waiting.add(key);
    pump();
  }

  function addAfter(key: string, delayMs: number): void {
    if (closed) return;
    const at = Date.now() + delayMs;
    const known = timers.get(key);
    if (known !== undefined) {
      if (known.at <= at) return;
      clearTimeout(known.timer);
    }
    const timer = setTimeout(
      () => {
        timers.delete(key);
        add(key);
      },
      // Node.js fires timers beyond 2^31 - 1 ms at once.
      Math.min(Math.max(delayMs, 0), 0x7fffffff),
    );
    timers.set(key, { timer, at });
  }

  function pump(): void {
    for (const key of waiting) {
      if (active.size >= concurrency) return;
      waiting.delete(key);
      active.add(key);
      void process(key);
    }
  }

  async function process(key: string): Promise<void> {
    try {
      await options.work(key);
      backoffs.delete(key);
    } catch (error) {
      let backoff = backoffs.get(key);
      if (backoff === undefined) {
        backoff = createBackoff({
          firstMs: options.retryFirstMs ?? 10,
          limitMs: options.retryLimitMs ?? 30_000,
        });
        backoffs.set(key, backoff);
      }
      const delayMs = backoff.next();
      logger.warn(`${options.name ?? "work"} on ${key} failed`, {
        error: error instanceof Error ? error.message : String(error),
        retryInMs: Math.round(delayMs),
      });
      addAfter(key, delayMs);
    } finally {
      active.delete(key);
      if (again.delete(key) && !closed) waiting.add(key);
      if (active.size === 0) idle?.();
      pump();
    }
  }

  return {
    add,
    addAfter,
    async close() {
      closed = true;
      waiting.clear();
      again.clear();
      for (const { timer } of timers.values()) clearTimeout(timer);
      timers.clear();
      if (active.size > 0) {
        await new Promise<void>((resolve) => {
          idle = resolve;
        });
      }
    },
  };
}
