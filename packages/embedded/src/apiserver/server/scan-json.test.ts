import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { ApiError } from "./api-error.ts";
import { scanJson } from "./scan-json.ts";

describe("scan of JSON", () => {
  it("finds nothing in what has no member twice, however it is written", () => {
    fc.assert(
      fc.property(fc.jsonValue(), fc.constantFrom(0, 2), (value, indent) => {
        const text = JSON.stringify(value, null, indent);
        // A member of that name is refused, and is no part of this property.
        fc.pre(!text.includes("__proto__"));
        expect(scanJson(text)).toEqual([]);
      }),
    );
  });

  it("finds every member that is there twice, with its path", () => {
    const text =
      '{"a":1,"b":{"c":"\\"x\\": 1","c":2},"l":[{"d":1},{"d":1,"d" : {"d":3}}],"a":[[{"e":1,"e":2}]]}';
    expect(scanJson(text)).toEqual(["b.c", "l[1].d", "a", "a[0][0].e"]);
  });

  it("takes an escaped name for the name that it is", () => {
    expect(scanJson('{"a":1,"\\u0061":2}')).toEqual(["a"]);
  });

  it("refuses a member that would be a prototype, and nesting without end", () => {
    expect(() => scanJson('{"__proto__":{}}')).toThrow(ApiError);
    expect(() => scanJson('{"\\u005f_proto__":{}}')).toThrow(ApiError);
    expect(scanJson('{"a":"__proto__"}')).toEqual([]);
    expect(() => scanJson("[".repeat(300) + "]".repeat(300))).toThrow("nested deeper than 256");
  });
});
