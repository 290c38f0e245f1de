import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { createCounterMemory, openSharedCounters } from "./shared-counters.ts";

const WORKERS = 3;

describe("shared counters", () => {
  it("let in as many as a key may have, whoever counts", () => {
    const memory = createCounterMemory(2);
    const [one, other] = [openSharedCounters(memory, 0), openSharedCounters(memory, 1)];
    expect(one.enter("a", 2)).toBe(true);
    expect(other.enter("a", 2)).toBe(true);
    expect(one.enter("a", 2)).toBe(false);
    expect(other.enter("b", 2)).toBe(true);
    other.leave("a");
    expect(one.enter("a", 2)).toBe(true);
    expect(other.count("a")).toBe(2);
  });

  it("take back what a thread had entered that is no more, and nothing else", () => {
    const memory = createCounterMemory(2);
    const [one, other] = [openSharedCounters(memory, 0), openSharedCounters(memory, 1)];
    for (let n = 0; n < 100; n++) {
      one.enter(`key-${n}`, 10);
      if (n % 2 === 0) other.enter(`key-${n}`, 10);
    }
    one.forget(1);
    for (let n = 0; n < 100; n++) expect(one.count(`key-${n}`)).toBe(1);
  });

  it("have room for more keys in turn than there are places", () => {
    const counters = openSharedCounters(createCounterMemory(1), 0);
    let [first, second] = [0, 0];
    for (let n = 0; n < 600_000; n++) {
      if (counters.enter(`key-${n}`, 1)) first++;
      if (counters.enter(`key-${n}`, 1)) second++;
      counters.leave(`key-${n}`);
    }
    expect([first, second]).toEqual([600_000, 0]);
  });

  it("tell a hundred thousand keys in use at once apart", () => {
    const counters = openSharedCounters(createCounterMemory(1), 0);
    const keys = Array.from({ length: 100_000 }, (_, n) => `10.0.${n >> 8}.${n & 255}`);
    expect(keys.filter((key) => counters.enter(key, 1)).length).toBe(keys.length);
    expect(keys.filter((key) => counters.count(key) === 1).length).toBe(keys.length);
  });

  it("say what a plain count says, whatever comes in whatever order", () => {
    const steps = fc.array(
      fc.record({
        worker: fc.nat(WORKERS - 1),
        key: fc.constantFrom("a", "b", "c", "", "é"),
        act: fc.constantFrom("enter", "enter", "leave", "forget"),
        most: fc.integer({ min: 1, max: 4 }),
      }),
      { maxLength: 60 },
    );
    const memory = createCounterMemory(WORKERS);
    const opened = Array.from({ length: WORKERS }, (_, worker) => openSharedCounters(memory, worker));
    fc.assert(
      fc.property(steps, (list) => {
        for (let worker = 0; worker < WORKERS; worker++) opened[0]?.forget(worker);
        const plain = opened.map(() => new Map<string, number>());
        const total = (key: string): number => plain.reduce((sum, map) => sum + (map.get(key) ?? 0), 0);
        for (const { worker, key, act, most } of list) {
          const [counters, own] = [opened[worker], plain[worker]];
          if (counters === undefined || own === undefined) continue;
          const had = own.get(key) ?? 0;
          if (act === "enter") {
            const may = total(key) < most;
            expect(counters.enter(key, most)).toBe(may);
            if (may) own.set(key, had + 1);
          } else if (act === "forget") {
            counters.forget(worker);
            own.clear();
          } else if (had > 0) {
            counters.leave(key);
            own.set(key, had - 1);
          }
          expect(counters.count(key)).toBe(total(key));
        }
      }),
    );
  });
});
