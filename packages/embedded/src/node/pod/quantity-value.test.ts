import { expect, test } from "vitest";
import { quantityValue } from "./quantity-value.ts";

test.each([
  ["500m", 0.5],
  ["1Gi", 2 ** 30],
  ["128974848", 128974848],
  ["129e6", 129e6],
  ["129M", 129e6],
  ["1E", 1e18],
  ["1.5Ki", 1536],
  [2, 2],
])("%j is %d", (quantity, value) => {
  expect(quantityValue(quantity)).toBe(value);
});

test.each(["", "m", "1.2.3", "1KB", "1 Gi", "toString"])("%j is no quantity", (text) => {
  expect(() => quantityValue(text)).toThrow(RangeError);
});

test("a suffix named like a member of every object is none", () => {
  expect(() => quantityValue("1toString")).toThrow(RangeError);
});
