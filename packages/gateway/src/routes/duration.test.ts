import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { parseDurationMs, printDuration } from "./duration.ts";

describe("a duration in an annotation", () => {
  it.each([
    ["90s", 90_000],
    ["5m", 300_000],
    ["1h", 3_600_000],
    ["500ms", 500],
    ["30", 30_000],
    ["2000000000ms", 2_000_000_000],
  ])("%s is %i ms", (text, ms) => {
    expect(parseDurationMs(text)).toBe(ms);
  });

  it.each([
    "",
    "0",
    "0s",
    "-1s",
    "+1s",
    " 1s",
    "1s ",
    "1 s",
    "1.5s",
    "01s",
    "1e3",
    "0x10",
    "1S",
    "1d",
    "1h30m",
    "s",
    "∞",
    "2000000001ms",
    "556h",
    "99999999999",
  ])("%j is none", (text) => {
    expect(parseDurationMs(text)).toBeUndefined();
  });

  it("is what was printed, for every duration that a timer can hold", () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 2_000_000_000 }), (ms) => {
        expect(parseDurationMs(printDuration(ms))).toBe(ms);
      }),
    );
  });

  it("is a whole number of milliseconds that a timer can hold, or nothing, whatever the text", () => {
    const number = fc.oneof(fc.bigInt().map(String), fc.double().map(String), fc.string());
    const unit = fc.constantFrom("", "ms", "s", "m", "h", "d", " ", "\n", "us");
    fc.assert(
      fc.property(
        fc.oneof(
          fc.string(),
          fc.tuple(number, unit).map((parts) => parts.join("")),
        ),
        (text) => {
          const ms = parseDurationMs(text);
          if (ms === undefined) return;
          expect(Number.isInteger(ms) && ms >= 1 && ms <= 2_000_000_000).toBe(true);
          expect(text).toMatch(/^[1-9][0-9]*(?:ms|s|m|h)?$/);
        },
      ),
    );
  });
});
