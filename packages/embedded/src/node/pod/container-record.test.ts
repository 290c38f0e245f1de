import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { isTerminated, newRecord, nextBackoffMs, restarts } from "./container-record.ts";

describe("a container's record", () => {
  test("begins as one that is being made", () => {
    const record = newRecord("main");
    expect(record).toMatchObject({
      name: "main",
      restartCount: 0,
      ready: false,
      started: false,
      containerId: null,
    });
    expect(record.state).toEqual({ waiting: { reason: "ContainerCreating" } });
    expect(isTerminated(record)).toBe(false);
    expect(isTerminated({ ...record, state: { terminated: { exitCode: 0 } } })).toBe(true);
  });
});

describe("back-off", () => {
  test("is 10 s, then twice as long each time, five minutes at most", () => {
    const waits = [nextBackoffMs(0, 5)];
    for (let turn = 0; turn < 6; turn++) waits.push(nextBackoffMs(waits.at(-1) ?? 0, 5));
    expect(waits).toEqual([10_000, 20_000, 40_000, 80_000, 160_000, 300_000, 300_000]);
  });

  test("starts anew after ten quiet minutes", () => {
    expect(nextBackoffMs(300_000, 599_999)).toBe(300_000);
    expect(nextBackoffMs(300_000, 600_000)).toBe(10_000);
  });

  test("never shrinks between failures in a row, and never leaves its bounds", () => {
    fc.assert(
      fc.property(fc.array(fc.nat(599_999), { minLength: 1 }), (runs) => {
        let waitMs = 0;
        for (const ranMs of runs) {
          const next = nextBackoffMs(waitMs, ranMs);
          expect(next).toBeGreaterThanOrEqual(Math.max(waitMs, 10_000));
          expect(next).toBeLessThanOrEqual(300_000);
          waitMs = next;
        }
      }),
    );
  });
});

describe("a restart policy", () => {
  test.each([
    ["Always", 0, true],
    ["Always", 1, true],
    ["OnFailure", 0, false],
    ["OnFailure", 137, true],
    ["Never", 0, false],
    ["Never", 1, false],
    [undefined, 0, true],
  ] as const)("%s, exit code %d: restarts %s", (policy, exitCode, expected) => {
    expect(restarts(policy, exitCode)).toBe(expected);
  });
});
