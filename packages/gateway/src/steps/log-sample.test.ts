import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { isInSample, type Sampled } from "./log-sample.ts";

const seen = (change: Partial<Sampled>): Sampled => ({
  requestId: "d26b9050-fa6c-43f1-ba4d-5470ccdbb2a2",
  status: 200,
  error: null,
  durationMs: 5,
  ...change,
});
const none = { share: 0, slowMs: 1_000 };

describe("a log of a share of the requests", () => {
  it.each([
    ["an error of the gateway's own", { status: 404, error: "SANDBOX_NOT_FOUND" }],
    ["a sandbox's answer 500", { status: 500 }],
    ["a slow one", { durationMs: 1_000 }],
    ["a client who left", { status: 499, error: "CLIENT_GONE" }],
  ])("has %s, however small the share", (_, change) => {
    expect(isInSample(seen(change), none)).toBe(true);
    expect(isInSample(seen({}), none)).toBe(false);
  });

  it("has all of them or none at its two ends", () => {
    fc.assert(
      fc.property(fc.oneof(fc.uuid(), fc.string()), (requestId) => {
        expect(isInSample(seen({ requestId }), { share: 1, slowMs: 1_000 })).toBe(true);
        expect(isInSample(seen({ requestId }), none)).toBe(false);
      }),
    );
  });

  it("has the same ones each time, and all of a small share in a larger one", () => {
    const small = { share: 0.1, slowMs: 1_000 };
    const large = { share: 0.3, slowMs: 1_000 };
    fc.assert(
      fc.property(fc.uuid(), (requestId) => {
        const chosen = isInSample(seen({ requestId }), small);
        expect(isInSample(seen({ requestId }), small)).toBe(chosen);
        if (chosen) expect(isInSample(seen({ requestId }), large)).toBe(true);
      }),
    );
  });

  it.each([
    [
      "uuids that differ in their last part",
      (at: number) => `d26b9050-fa6c-43f1-ba4d-${at.toString(16).padStart(12, "0")}`,
    ],
    ["counters", (at: number) => String(at)],
  ])("has about its share of %s", (_, idOf) => {
    for (const share of [0.01, 0.1, 0.5]) {
      let chosen = 0;
      for (let at = 0; at < 20_000; at++)
        if (isInSample(seen({ requestId: idOf(at) }), { share, slowMs: 1_000 })) chosen++;
      expect(chosen / 20_000 / share).toBeGreaterThan(0.8);
      expect(chosen / 20_000 / share).toBeLessThan(1.2);
    }
  });
});
