import fc from "fast-check";
import { expect, test } from "vitest";
import { BYTES, FIXED64, VARINT, WireReader } from "./wire-reader.ts";
import { WireWriter } from "./wire-writer.ts";

test("what is written is read back", () => {
  const texts = fc.array(fc.string({ maxLength: 300, unit: "binary" }), { maxLength: 20 });
  fc.assert(
    fc.property(
      texts,
      fc.maxSafeNat(),
      fc.double({ noNaN: true }),
      fc.integer({ min: 1, max: 536_870_911 }),
      (values, integer, double, number) => {
        const inner = new WireWriter();
        for (const value of values) inner.text(number, value);
        const writer = new WireWriter();
        writer.message(1, inner);
        writer.integer(2, integer);
        writer.double(3, double);
        writer.bool(4, true);

        const reader = new WireReader(writer.finish());
        expect(reader.tag()).toEqual({ number: 1, wireType: BYTES });
        const message = reader.message();
        const read: string[] = [];
        while (message.more()) {
          expect(message.tag()).toEqual({ number, wireType: BYTES });
          read.push(message.text());
        }
        expect(read).toEqual(values.map((value) => Buffer.from(value).toString()));
        expect(reader.tag()).toEqual({ number: 2, wireType: VARINT });
        expect(reader.varint()).toBe(BigInt(integer));
        expect(reader.tag()).toEqual({ number: 3, wireType: FIXED64 });
        expect(Object.is(reader.double(), double)).toBe(true);
        expect(reader.tag()).toEqual({ number: 4, wireType: VARINT });
        expect(reader.varint()).toBe(1n);
        expect(reader.more()).toBe(false);
      },
    ),
  );
});

test("an unknown field is passed over, groups included", () => {
  // Field 5 as a group that has field 1 and a group 6 in it, then field 2.
  const reader = new WireReader(Buffer.from([0x2b, 0x08, 0x01, 0x33, 0x34, 0x2c, 0x10, 0x07]));
  const { number, wireType } = reader.tag();
  reader.skip(number, wireType);
  expect(reader.tag()).toEqual({ number: 2, wireType: VARINT });
  expect(reader.varint()).toBe(7n);
});

test.each([
  ["a length past the end", [0x0a, 0x05, 0x61]],
  ["a number without end", [0x08, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff]],
  ["a group without end", [0x2b, 0x08, 0x01]],
  ["the end of another group", [0x2b, 0x34]],
  ["field number 0", [0x00, 0x00]],
  ["wire type 7", [0x0f]],
])("%s is refused", (_, bytes) => {
  const reader = new WireReader(Buffer.from(bytes));
  expect(() => {
    const { number, wireType } = reader.tag();
    reader.skip(number, wireType);
  }).toThrow("couldn't read the body as protobuf");
});
