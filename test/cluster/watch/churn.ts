/** Changes at a steady rate, and what a follower should know because of them. */
import type { SandboxWriter, WrittenSandbox } from "./written-sandboxes.ts";

export interface Expected extends WrittenSandbox {
  ready: boolean;
  /** When the API server acknowledged the last change; Infinity while one is under way. */
  changedAtMs: number;
}

export interface Churn {
  /** Sandboxes that exist, by name. */
  readonly expected: ReadonlyMap<string, Expected>;
  /** Names that were deleted, with the time of the acknowledgement. */
  readonly removed: ReadonlyMap<string, number>;
  readonly changes: number;
  /** Makes `perSecond` changes a second until the time is over, and waits for the last. */
  run(perSecond: number, durationMs: number): Promise<void>;
}

/**
 * @param existing - Ready sandboxes to begin with.
 * @param random - Numbers from 0 to 1 that decide what is changed.
 * @param turnover - Share of the changes that make or delete a sandbox; the others write a status.
 */
export function createChurn(
  writer: SandboxWriter,
  existing: readonly WrittenSandbox[],
  random: () => number,
  turnover: number = 0.2,
): Churn {
  const expected = new Map<string, Expected>(
    existing.map((one) => [one.name, { ...one, ready: true, changedAtMs: 0 }]),
  );
  const removed = new Map<string, number>();
  /** Names that no change is under way for. */
  const idle = [...expected.keys()];
  let made = 0;
  let changes = 0;

  async function make(): Promise<void> {
    const sandbox = await writer.make(`box-${made++}`);
    expected.set(sandbox.name, { ...sandbox, ready: true, changedAtMs: Date.now() });
    idle.push(sandbox.name);
  }

  function takeIdle(): Expected | undefined {
    const at = Math.floor(random() * idle.length);
    const name = idle[at];
    const last = idle.pop();
    if (name === undefined || last === undefined) return undefined;
    if (at < idle.length) idle[at] = last;
    return expected.get(name);
  }

  async function change(): Promise<void> {
    const kind = random();
    changes++;
    if (kind < turnover / 2) {
      await make();
      return;
    }
    const one = takeIdle();
    if (one === undefined) return;
    one.changedAtMs = Number.POSITIVE_INFINITY;
    if (kind < turnover) {
      expected.delete(one.name);
      await writer.remove(one);
      removed.set(one.name, Date.now());
      return;
    }
    await writer.setReady(one.name, !one.ready);
    one.ready = !one.ready;
    one.changedAtMs = Date.now();
    idle.push(one.name);
  }

  return {
    expected,
    removed,
    get changes() {
      return changes;
    },
    async run(perSecond, durationMs) {
      const underWay = new Set<Promise<void>>();
      const finished = Promise.withResolvers<void>();
      const began = performance.now();
      const timer = setInterval(() => {
        const passedMs = performance.now() - began;
        const due = Math.floor((Math.min(passedMs, durationMs) / 1000) * perSecond);
        for (let started = changes; started < due; started++) {
          const one = change();
          underWay.add(one);
          one.then(() => underWay.delete(one), finished.reject);
        }
        if (passedMs >= durationMs) finished.resolve();
      }, 5);
      try {
        await finished.promise;
      } finally {
        clearInterval(timer);
      }
      await Promise.all(underWay);
    },
  };
}

/** Numbers from 0 to 1 that are the same in every run (a linear congruential generator). */
export function seeded(seed: number): () => number {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
}
