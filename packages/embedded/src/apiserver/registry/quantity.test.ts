import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { compareQuantities, formatQuantity, parseQuantity, type Quantity } from "./quantity.ts";

function parsed(text: string | number): Quantity {
  const quantity = parseQuantity(text);
  if (quantity === undefined) throw new Error(`${text} is no quantity`);
  return quantity;
}

describe("formatQuantity", () => {
  test.each([
    ["1024Mi", "1Gi"],
    ["1536Mi", "1536Mi"],
    ["1.5Gi", "1536Mi"],
    ["0.5", "500m"],
    ["1000m", "1"],
    ["1000k", "1M"],
    ["1e3", "1e3"],
    ["1000e3", "1e6"],
    ["0.1Ki", "102400m"],
    ["512Ki", "512Ki"],
    ["0.0000000001", "1n"],
    ["-1500m", "-1500m"],
    ["000", "0"],
    ["16Ei", "9223372036854775807"],
  ])("writes %s as %s", (text, canonical) => {
    expect(formatQuantity(parsed(text))).toBe(canonical);
  });

  test("is read back as the same amount", () => {
    const unit = fc.constantFrom("", "n", "u", "m", "k", "M", "G", "Ki", "Mi", "Gi", "e3", "E-2");
    fc.assert(
      fc.property(fc.nat(), fc.nat(9999), unit, (whole, fraction, suffix) => {
        const quantity = parsed(`${whole}.${fraction}${suffix}`);
        expect(compareQuantities(parsed(formatQuantity(quantity)), quantity)).toBe(0);
      }),
    );
  });
});

describe("compareQuantities", () => {
  test.each([
    ["1", "1000m", 0],
    ["1Ki", "1024", 0],
    ["1G", "1Gi", -1],
    ["2", "1999m", 1],
    ["-1", "0", -1],
  ])("%s against %s is %i", (a, b, order) => {
    expect(compareQuantities(parsed(a), parsed(b))).toBe(order);
  });
});

test.each(["", "x", "1.2.3", "1 Gi", "Gi", "1KB", "0x10", "1e", "1ki", "\u0661"])(
  "%j is no quantity",
  (text) => {
    expect(parseQuantity(text)).toBeUndefined();
  },
);
