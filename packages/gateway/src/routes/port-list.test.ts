import { describe, expect, it } from "vitest";
import { keepsPrefix, parseKeptPrefix } from "./kept-prefix.ts";

describe("the annotation for programs that know their address", () => {
  it.each([
    [undefined, []],
    ["", []],
    ["5173", [5173]],
    [" 5173 , 8888", [5173, 8888]],
    ["0, 70000, http, -1, 08, 5173", [5173]],
    ["*", "all"],
    [" * ", "all"],
    ["*, 80", [80]],
  ])("%j names %j", (text, ports) => {
    expect(parseKeptPrefix(text)).toEqual(ports);
  });

  it("holds for its ports alone, or for all", () => {
    expect([keepsPrefix([80], 80), keepsPrefix([80], 81), keepsPrefix("all", 81)]).toEqual([
      true,
      false,
      true,
    ]);
  });
});
