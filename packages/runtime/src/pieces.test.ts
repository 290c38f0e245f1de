import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { OutputText } from "./output-text.ts";
import { parseRange } from "./range.ts";
import { Utf8Pieces } from "./utf8-pieces.ts";

function split(bytes: Buffer, cuts: readonly number[]): Buffer[] {
  const at = [0, ...cuts.map((cut) => cut % (bytes.length + 1)).toSorted((a, b) => a - b), bytes.length];
  return at.slice(1).map((end, index) => bytes.subarray(at[index], end));
}

describe("Utf8Pieces", () => {
  it("never turns text into base64, wherever it is split", () => {
    fc.assert(
      fc.property(
        fc.string({ unit: "binary" }).map((text) => text.toWellFormed()),
        fc.array(fc.nat()),
        (text, cuts) => {
          const pieces = new Utf8Pieces();
          const all = [
            ...split(Buffer.from(text), cuts).flatMap((part) => pieces.push(part)),
            ...pieces.end(),
          ];
          expect(all.map((piece) => piece.data).join("")).toBe(text);
          expect(all.some((piece) => "encoding" in piece)).toBe(false);
        },
      ),
    );
  });

  it("keeps every byte of what is not text", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), fc.array(fc.nat()), (bytes, cuts) => {
        const pieces = new Utf8Pieces();
        const all = [
          ...split(Buffer.from(bytes), cuts).flatMap((part) => pieces.push(part)),
          ...pieces.end(),
        ];
        const back = all.map((piece) => Buffer.from(piece.data, "encoding" in piece ? "base64" : "utf8"));
        expect(Buffer.concat(back)).toEqual(Buffer.from(bytes));
      }),
    );
  });
});

describe("OutputText", () => {
  it("keeps what fits and counts the rest", () => {
    const text = new OutputText(3);
    text.push(Buffer.from("ab"));
    text.push(Buffer.from("cde"));
    expect(text.end()).toBe("abc\n[output cut: 2 bytes more than the limit of 3]\n");
  });
});

describe("parseRange", () => {
  it.each([
    [undefined, null],
    ["bytes=0-4", { start: 0, end: 4 }],
    ["bytes=5-", { start: 5, end: 9 }],
    ["bytes=-3", { start: 7, end: 9 }],
    ["bytes=2-100", { start: 2, end: 9 }],
    ["bytes=10-", "unsatisfiable"],
    ["bytes=-0", "unsatisfiable"],
    ["bytes=4-2", null],
    ["bytes=0-1,3-4", null],
    ["lines=1-2", null],
  ])("reads %s of ten bytes", (header, range) => {
    expect(parseRange(header, 10)).toEqual(range);
  });
});
