import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { isSame } from "./same.ts";

describe("isSame", () => {
  it("holds for a copy of any JSON value, whatever the order of members", () => {
    const shuffled = (value: unknown): unknown => {
      if (Array.isArray(value)) return value.map(shuffled);
      if (typeof value !== "object" || value === null) return value;
      return Object.fromEntries(
        Object.entries(value)
          .map(([key, member]) => [key, shuffled(member)] as const)
          .toReversed(),
      );
    };
    fc.assert(fc.property(fc.jsonValue(), (value) => isSame(value, shuffled(value))));
  });

  it("takes an absent member for an undefined one, and nothing else", () => {
    expect(isSame({ a: 1, b: undefined }, { a: 1 })).toBe(true);
    expect(isSame({ a: 1 }, { a: 1, b: null })).toBe(false);
    expect(isSame([], {})).toBe(false);
    expect(isSame({ a: 1 }, { a: "1" })).toBe(false);
  });
});
