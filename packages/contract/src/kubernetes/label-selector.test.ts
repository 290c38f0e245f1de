import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  type LabelRequirement,
  LabelSelectorError,
  formatLabelSelector,
  matchesLabels,
  parseLabelSelector,
  selectorFromObject,
} from "./label-selector.ts";

const word = fc.stringMatching(/^[A-Za-z0-9]([-A-Za-z0-9_.]{0,8}[A-Za-z0-9])?$/);
const prefix = fc.stringMatching(/^[a-z0-9]([-a-z0-9]{0,5}[a-z0-9])?(\.[a-z0-9]{1,4})?$/);
const key = fc
  .oneof(
    word,
    fc.tuple(prefix, word).map((parts) => parts.join("/")),
  )
  // Operators are no names where a name may stand.
  .filter((text) => text !== "in" && text !== "notin");
const requirement: fc.Arbitrary<LabelRequirement> = fc.oneof(
  fc.record({
    key,
    operator: fc.constantFrom("in" as const, "notIn" as const),
    values: fc.array(word, { minLength: 1, maxLength: 3 }),
  }),
  fc.record({
    key,
    operator: fc.constantFrom("exists" as const, "notExists" as const),
    values: fc.constant([]),
  }),
  fc.record({
    key,
    operator: fc.constantFrom("greaterThan" as const, "lessThan" as const),
    values: fc.tuple(fc.nat().map(String)),
  }),
);

describe("label selector", () => {
  it("reads back what it writes", () => {
    fc.assert(
      fc.property(fc.array(requirement, { maxLength: 4 }), (selector) => {
        expect(parseLabelSelector(formatLabelSelector(selector))).toEqual(selector);
      }),
    );
  });

  it("throws nothing but its own error, whatever it is given", () => {
    fc.assert(
      fc.property(
        fc.string({ unit: fc.constantFrom(..."a b 1 , = ! ( ) < > n i t o / . -".split(" "), " ") }),
        (text) => {
          try {
            parseLabelSelector(text);
          } catch (error) {
            expect(error).toBeInstanceOf(LabelSelectorError);
          }
        },
      ),
    );
  });

  it.each([
    ["a=b", { a: "b" }, true],
    ["a==b", { a: "c" }, false],
    ["a != b", {}, true],
    ["a in (b, c)", { a: "c" }, true],
    ["a notin (b,c)", { a: "c" }, false],
    ["a notin (b,c)", {}, true],
    ["a", { a: "" }, true],
    ["!a", { a: "" }, false],
    ["a=", { a: "" }, true],
    ["a in (,b)", { a: "" }, true],
    ["n>5,n<7", { n: "6" }, true],
    ["n>5", { n: "x" }, false],
    ["example.com/a=b,c", { "example.com/a": "b", c: "" }, true],
    ["a,b", { a: "1" }, false],
    ["", { a: "1" }, true],
    ["in=notin", { in: "notin" }, true],
    ["toString", {}, false],
  ])("%s on %j is %s", (text, labels, expected) => {
    expect(matchesLabels(parseLabelSelector(text), labels as Record<string, string>)).toBe(expected);
  });

  it.each([
    "a=b,",
    ",a",
    "a in b",
    "a in (b",
    "a=b c",
    "!",
    "a>b",
    "-a",
    "a=-b",
    "a//b=c",
    `${"x".repeat(64)}=a`,
  ])("refuses %s", (text) => {
    expect(() => parseLabelSelector(text)).toThrow(LabelSelectorError);
  });

  it("reads the selector of an object", () => {
    const selector = selectorFromObject({
      matchLabels: { a: "b" },
      matchExpressions: [{ key: "c", operator: "DoesNotExist" }],
    });
    expect(formatLabelSelector(selector)).toBe("a=b,!c");
    expect(() => selectorFromObject({ matchExpressions: [{ key: "a", operator: "Like" }] })).toThrow(
      LabelSelectorError,
    );
  });
});
