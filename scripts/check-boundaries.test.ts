import { describe, expect, it } from "vitest";
import { checkBoundaries, importsOf } from "./check-boundaries.ts";

describe("importsOf", () => {
  it("sees static, type, side-effect, re-exporting and dynamic imports, and no comments", () => {
    const source = `
      import { a } from "a";
      import type { B } from "b";
      import "c";
      export * from "d";
      const e = await import("e");
      // import "f";
      /* import "g"; */
      import {
        h,
      } from "h";
    `;
    expect(importsOf(source)).toEqual(["a", "b", "c", "d", "e", "h"]);
  });
});

describe("the layout", () => {
  it("has no import that crosses a boundary", () => {
    expect(checkBoundaries()).toEqual([]);
  });
});
