import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { parseFieldSelector } from "./field-selector.ts";

describe("field selector", () => {
  it("reads values that hold its own signs, escaped", () => {
    const row = fc.record({
      path: fc.stringMatching(/^[a-z][a-zA-Z.]{0,10}$/),
      equal: fc.boolean(),
      value: fc.string({ unit: fc.constantFrom("a", "=", ",", "\\", "!", " ") }),
    });
    fc.assert(
      fc.property(fc.array(row, { maxLength: 3 }), (rows) => {
        const text = rows
          .map(
            ({ path, equal, value }) => `${path}${equal ? "=" : "!="}${value.replaceAll(/[\\,=]/g, "\\$&")}`,
          )
          .join(",");
        expect(parseFieldSelector(text)).toEqual(rows);
      }),
    );
  });

  it("refuses a term without an operator", () => {
    expect(() => parseFieldSelector("metadata.name")).toThrow("can't understand 'metadata.name'");
  });
});
