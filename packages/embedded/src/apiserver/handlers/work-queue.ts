import type { Logger } from "@sandgate/contract";

/** Items to be looked at, each once however often it is named, in small portions between requests. */
export interface WorkQueue {
  add(item: string): void;
  close(): void;
}

const PORTION_MS = 8;
const RETRY_MS = 5000;

/**
 * @param work - Looks at one item; synchronous, as the store is. A throw means: once more, later.
 */
export function createWorkQueue(name: string, work: (item: string) => void, logger: Logger): WorkQueue {
  let items = new Set<string>();
  let scheduled: NodeJS.Immediate | undefined;
  const retries = new Set<NodeJS.Timeout>();
  let closed = false;

  function schedule(): void {
    if (!closed && items.size > 0) scheduled ??= setImmediate(run);
  }

  function run(): void {
    scheduled = undefined;
    const until = performance.now() + PORTION_MS;
    for (const item of items) {
      items.delete(item);
      try {
        work(item);
      } catch (error) {
        logger.error(`${name} failed`, {
          item,
          error: error instanceof Error ? error.message : String(error),
        });
        retryLater(item);
      }
      if (performance.now() > until) break;
    }
    schedule();
  }

  function retryLater(item: string): void {
    const timer = setTimeout(() => {
      retries.delete(timer);
      add(item);
    }, RETRY_MS);
    retries.add(timer);
  }

  function add(item: string): void {
    items.add(item);
    schedule();
  }

  return {
    add,
    close() {
      closed = true;
      items = new Set();
      if (scheduled !== undefined) clearImmediate(scheduled);
      for (const timer of retries) clearTimeout(timer);
    },
  };
}
