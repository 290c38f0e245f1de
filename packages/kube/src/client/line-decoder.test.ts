import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { LineDecoder } from "./line-decoder.ts";

describe("LineDecoder", () => {
  it("gives the same lines however the bytes are split", () => {
    const line = fc
      .string({ unit: "grapheme", minLength: 1 })
      .filter((text) => !text.includes("\n") && text.trim() !== "");
    fc.assert(
      fc.property(fc.array(line), fc.array(fc.nat(), { maxLength: 8 }), (lines, cuts) => {
        const bytes = Buffer.from(lines.map((text) => `${text}\n`).join(""));
        const at = [
          0,
          ...cuts.map((cut) => cut % (bytes.length + 1)).toSorted((a, b) => a - b),
          bytes.length,
        ];
        const decoder = new LineDecoder();
        expect(at.slice(1).flatMap((end, index) => decoder.push(bytes.subarray(at[index], end)))).toEqual(
          lines,
        );
      }),
    );
  });

  it("refuses a line without end instead of keeping it", () => {
    const decoder = new LineDecoder();
    const chunk = Buffer.alloc(1024 * 1024, 0x61);
    expect(() => {
      for (let megabyte = 0; megabyte < 9; megabyte++) decoder.push(chunk);
    }).toThrow(RangeError);
  });
});
