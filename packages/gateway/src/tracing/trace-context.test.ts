import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { isPassableTraceState, parseTraceParent, printTraceParent } from "./trace-context.ts";

const hex = (digits: number): fc.Arbitrary<string> =>
  fc
    .uint8Array({ minLength: digits / 2, maxLength: digits / 2 })
    .filter((bytes) => bytes.some((byte) => byte !== 0))
    .map((bytes) => Buffer.from(bytes).toString("hex"));
const parent = fc.record({ traceId: hex(32), spanId: hex(16), sampled: fc.boolean(), random: fc.boolean() });

const TRACE = "4bf92f3577b34da6a3ce929d0e0e4736";
const SPAN = "00f067aa0ba902b7";

describe("traceparent", () => {
  it("is read as it was printed, whatever the ids", () => {
    fc.assert(
      fc.property(parent, (one) => {
        expect(parseTraceParent(printTraceParent(one))).toEqual(one);
      }),
    );
  });

  it("is printed as it was read, of version 00 and the flags that it has", () => {
    fc.assert(
      fc.property(hex(32), hex(16), fc.integer({ min: 0, max: 3 }), (trace, span, flags) => {
        const text = `00-${trace}-${span}-0${flags}`;
        expect(printTraceParent(parseTraceParent(text)!)).toBe(text);
      }),
    );
  });

  it("is printed without flags that version 00 does not have", () => {
    expect(printTraceParent(parseTraceParent(`00-${TRACE}-${SPAN}-ff`)!)).toBe(`00-${TRACE}-${SPAN}-03`);
    expect(printTraceParent(parseTraceParent(`00-${TRACE}-${SPAN}-fc`)!)).toBe(`00-${TRACE}-${SPAN}-00`);
  });

  it("is nothing but one where a single character of it is another", () => {
    const right = `00-${TRACE}-${SPAN}-01`;
    fc.assert(
      fc.property(
        fc.integer({ min: 0, max: right.length - 1 }),
        fc.string({ unit: "binary-ascii", minLength: 1, maxLength: 1 }),
        (at, other) => {
          const text = right.slice(0, at) + other + right.slice(at + 1);
          const read = parseTraceParent(text);
          if (/^[0-9a-f]$/.test(other) && right[at] !== "-") {
            if (text.startsWith("00-")) expect(read).not.toBeNull();
          } else if (other !== right[at]) expect(read).toBeNull();
        },
      ),
    );
  });

  it.each([
    ["nothing", ""],
    ["upper case", `00-${TRACE.toUpperCase()}-${SPAN}-01`],
    ["a trace id of zeros", `00-${"0".repeat(32)}-${SPAN}-01`],
    ["a span id of zeros", `00-${TRACE}-${"0".repeat(16)}-01`],
    ["version ff", `ff-${TRACE}-${SPAN}-01`],
    ["more than version 00 has", `00-${TRACE}-${SPAN}-01-more`],
    ["a hyphen more than version 00 has", `00-${TRACE}-${SPAN}-01-`],
    ["more of a later version, not set apart", `01-${TRACE}-${SPAN}-01more`],
    ["two in one list", `00-${TRACE}-${SPAN}-01, 00-${TRACE}-${SPAN}-01`],
    ["a blank before", ` 00-${TRACE}-${SPAN}-01`],
    ["a line end after", `00-${TRACE}-${SPAN}-01\n`],
    ["flags of one digit", `00-${TRACE}-${SPAN}-1`],
  ])("is refused: %s", (_what, text) => {
    expect(parseTraceParent(text)).toBeNull();
  });

  it.each([`cc-${TRACE}-${SPAN}-01`, `01-${TRACE}-${SPAN}-01-what-comes-later`, `fe-${TRACE}-${SPAN}-01-`])(
    "of a version to come is read as far as it is known: %s",
    (text) => {
      const read = parseTraceParent(text);
      expect(read).toEqual({ traceId: TRACE, spanId: SPAN, sampled: true, random: false });
      expect(printTraceParent(read!)).toBe(`00-${TRACE}-${SPAN}-01`);
    },
  );
});

describe("tracestate", () => {
  it("goes on up to 512 characters and 32 members", () => {
    const members = (count: number): string => Array.from({ length: count }, (_, at) => `k${at}=v`).join(",");
    expect(isPassableTraceState("")).toBe(true);
    expect(isPassableTraceState(members(32))).toBe(true);
    expect(isPassableTraceState(members(33))).toBe(false);
    expect(isPassableTraceState(`k=${"v".repeat(510)}`)).toBe(true);
    expect(isPassableTraceState(`k=${"v".repeat(511)}`)).toBe(false);
  });
});
