import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { parseQuantity, parseQuantityMillis } from "./quantity.ts";

const DECIMAL = [
  ["m", 1n],
  ["", 1000n],
  ["k", 1_000_000n],
  ["M", 1_000_000_000n],
  ["G", 1_000_000_000_000n],
] as const;
const BINARY = ["Ki", "Mi", "Gi", "Ti", "Pi", "Ei"] as const;

describe("quantities", () => {
  it.each([
    ["100m", 100n],
    ["1", 1000n],
    ["0.5", 500n],
    [".5", 500n],
    ["5.", 5000n],
    ["1Gi", 1_073_741_824_000n],
    ["1.5Ki", 1_536_000n],
    ["2e3", 2_000_000n],
    ["1E", 1_000_000_000_000_000_000_000n],
    ["-1500m", -1500n],
    ["+1", 1000n],
    [2, 2000n],
  ])("%s is read exactly", (text, millis) => {
    expect(parseQuantityMillis(text)).toBe(millis);
  });

  it("are rounded away from zero where they are finer than thousandths", () => {
    expect(parseQuantityMillis("1n")).toBe(1n);
    expect(parseQuantityMillis("1500u")).toBe(2n);
    expect(parseQuantityMillis("-1n")).toBe(-1n);
  });

  it.each(["", "m", "1 Gi", "1gi", "1e", "--1", "1.2.3", "0x1", "1Ki1", "NaN", "1e100"])(
    "%j is none",
    (text) => {
      expect(parseQuantityMillis(text)).toBeUndefined();
      expect(parseQuantity(text)).toBeUndefined();
    },
  );

  it("are read in every decimal unit", () => {
    fc.assert(
      fc.property(
        fc.bigInt(-(10n ** 15n), 10n ** 15n),
        fc.constantFrom(...DECIMAL),
        (count, [unit, millis]) => {
          expect(parseQuantityMillis(`${count}${unit}`)).toBe(count * millis);
        },
      ),
    );
  });

  it("are read in every binary unit", () => {
    fc.assert(
      fc.property(fc.nat(), fc.constantFrom(...BINARY), (count, unit) => {
        const factor = 1024n ** BigInt(BINARY.indexOf(unit) + 1);
        expect(parseQuantityMillis(`${count}${unit}`)).toBe(BigInt(count) * factor * 1000n);
      }),
    );
  });

  it("never throw, whatever the text", () => {
    fc.assert(
      fc.property(
        fc.oneof(fc.string(), fc.stringMatching(/^[-+]?[0-9.]{0,5}[eEnumkKMGTPi]{0,2}[-+]?[0-9]{0,4}$/)),
        (text) => {
          const millis = parseQuantityMillis(text);
          expect(parseQuantity(text)).toBe(millis === undefined ? undefined : Number(millis) / 1000);
        },
      ),
    );
  });
});
