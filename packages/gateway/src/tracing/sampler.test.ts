import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { createSampler } from "./sampler.ts";
import { newTraceId } from "./trace-ids.ts";

const never = (): string => expect.unreachable();
const id = (last: string): string => last.padStart(14, "0").padStart(32, "a");

describe("the sampler", () => {
  it("decides by the trace id's last seven bytes alone, those above 1 - share", () => {
    const quarter = createSampler("traceidratio", 0.25);
    expect(quarter(id("c0000000000000"), "none", never)).toBe(true);
    expect(quarter(id("bfffffffffffff"), "none", never)).toBe(false);
    expect(quarter(id("ffffffffffffff"), "none", never)).toBe(true);
    expect(quarter(id("00000000000000"), "none", never)).toBe(false);
  });

  it("records whatever a smaller share records", () => {
    const share = fc.double({ min: 0, max: 1, noNaN: true });
    fc.assert(
      fc.property(share, share, fc.stringMatching(/^[0-9a-f]{32}$/), (one, other, traceId) => {
        const [less, more] = [Math.min(one, other), Math.max(one, other)];
        if (createSampler("traceidratio", less)(traceId, "none", never))
          expect(createSampler("traceidratio", more)(traceId, "none", never)).toBe(true);
      }),
    );
  });

  it("records its share of ids made here", () => {
    const tenth = createSampler("traceidratio", 0.1);
    let recorded = 0;
    for (let count = 0; count < 20_000; count++) if (tenth(newTraceId(), "none", never)) recorded++;
    // Ten standard deviations: 1 in 10^23 that it fails by chance.
    expect(Math.abs(recorded - 2_000)).toBeLessThan(425);
  });

  it("goes by the parent who is believed, where the sampler's name says so", () => {
    const none = createSampler("parentbased_traceidratio", 0);
    const all = createSampler("parentbased_always_on", 0);
    expect(none(id("0"), "recorded", never)).toBe(true);
    expect(all(id("0"), "not recorded", never)).toBe(false);
    expect(createSampler("always_on", 0)(id("0"), "not recorded", never)).toBe(true);
    expect(createSampler("always_off", 1)(id("0"), "recorded", never)).toBe(false);
    expect(createSampler("traceidratio", 0.5)(id("0"), "recorded", never)).toBe(false);
    expect(createSampler("parentbased_always_off", 1)(id("0"), "none", never)).toBe(false);
  });

  it("does not let one who is not believed choose by his trace id", () => {
    const half = createSampler("parentbased_traceidratio", 0.5);
    const [high, low] = [id("ffffffffffffff"), id("00000000000000")];
    expect(half(high, "doubted", () => low)).toBe(false);
    expect(half(low, "doubted", () => high)).toBe(true);
  });
});
