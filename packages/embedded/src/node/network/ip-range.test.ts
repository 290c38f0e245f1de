import fc from "fast-check";
import { expect, test } from "vitest";
import { addressAt, overlaps, parseRange, printRange } from "./ip-range.ts";

const ranges = fc
  .tuple(fc.integer({ min: 0, max: 2 ** 32 - 1 }), fc.integer({ min: 0, max: 32 }))
  .map(([address, bits]) => parseRange(`${addressAt({ base: address, bits }, 0)}/${bits}`));

test("a network that is printed and read again is the same", () => {
  fc.assert(
    fc.property(ranges, (range) => {
      expect(parseRange(printRange(range))).toEqual(range);
    }),
  );
});

test("two networks overlap exactly if one holds the other's first address", () => {
  const holds = (range: { base: number; bits: number }, address: number): boolean =>
    address >= range.base && address < range.base + 2 ** (32 - range.bits);
  fc.assert(
    fc.property(ranges, ranges, (a, b) => {
      expect(overlaps(a, b)).toBe(holds(a, b.base) || holds(b, a.base));
    }),
  );
});

test.each(["", "10.0.0.0", "10.0.0.0/33", "256.0.0.0/8", "10.0.0/8", "::/0", " 10.0.0.0/8"])(
  "%j is no network",
  (text) => {
    expect(() => parseRange(text)).toThrow(RangeError);
  },
);
