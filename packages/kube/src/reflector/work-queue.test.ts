import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { createWorkQueue, type WorkQueue } from "./work-queue.ts";

describe("a work queue", () => {
  let queue: WorkQueue;
  beforeEach(() => {
    vi.useFakeTimers();
  });
  afterEach(async () => {
    await queue.close();
    vi.useRealTimers();
  });

  it("works once on a key that is added many times while it waits", async () => {
    const done: string[] = [];
    const gate = Promise.withResolvers<void>();
    queue = createWorkQueue({
      concurrency: 1,
      work: async (key) => {
        if (key === "first") await gate.promise;
        done.push(key);
      },
    });
    for (const key of ["first", "a", "b", "a", "a"]) queue.add(key);
    gate.resolve();
    await vi.advanceTimersByTimeAsync(0);
    expect(done).toEqual(["first", "a", "b"]);
  });

  it("never works on a key twice at once, and again if it was added meanwhile", async () => {
    let active = 0;
    let most = 0;
    let runs = 0;
    const gates = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
    queue = createWorkQueue({
      work: async () => {
        most = Math.max(most, ++active);
        await gates[runs++]?.promise;
        active--;
      },
    });
    queue.add("a");
    queue.add("a");
    queue.add("a");
    gates[0]?.resolve();
    await vi.advanceTimersByTimeAsync(0);
    gates[1]?.resolve();
    await vi.advanceTimersByTimeAsync(0);
    expect([runs, most]).toEqual([2, 1]);
  });

  it("tries a failed key again with growing delays, from the start after a success", async () => {
    const times: number[] = [];
    let failures = 3;
    queue = createWorkQueue({
      retryFirstMs: 100,
      work: async () => {
        times.push(Date.now());
        if (failures-- > 0) throw new Error("not yet");
      },
    });
    const began = Date.now();
    queue.add("a");
    await vi.advanceTimersByTimeAsync(10_000);
    const gaps = times.slice(1).map((time, index) => time - (times[index] ?? began));
    expect(gaps).toHaveLength(3);
    for (const [index, gap] of gaps.entries()) {
      const fullMs = 100 * 2 ** index;
      expect(gap).toBeGreaterThanOrEqual(fullMs / 2 - 1);
      expect(gap).toBeLessThanOrEqual(fullMs + 1);
    }
  });

  it("keeps the earliest of several delays", async () => {
    const done: number[] = [];
    const began = Date.now();
    queue = createWorkQueue({ work: async () => void done.push(Date.now() - began) });
    queue.addAfter("a", 500);
    queue.addAfter("a", 100);
    queue.addAfter("a", 900);
    await vi.advanceTimersByTimeAsync(1000);
    expect(done).toEqual([100]);
  });

  it("does not fire a delay of months at once", async () => {
    const done: string[] = [];
    queue = createWorkQueue({ work: async (key) => void done.push(key) });
    queue.addAfter("a", 90 * 86_400_000);
    await vi.advanceTimersByTimeAsync(1000);
    expect(done).toEqual([]);
  });

  it("waits for what is under way when it is closed, and takes nothing more", async () => {
    const gate = Promise.withResolvers<void>();
    const done: string[] = [];
    queue = createWorkQueue({
      work: async (key) => {
        await gate.promise;
        done.push(key);
      },
    });
    queue.add("a");
    const closed = queue.close();
    queue.add("b");
    gate.resolve();
    await closed;
    expect(done).toEqual(["a"]);
  });
});
