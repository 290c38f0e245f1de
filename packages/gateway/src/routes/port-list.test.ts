import { describe, expect, it } from "vitest";
import { isListed, parsePortList } from "./port-list.ts";

describe("an annotation that lists ports", () => {
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
    expect(parsePortList(text)).toEqual(ports);
  });

  it("holds for its ports alone, or for all", () => {
    expect([isListed([80], 80), isListed([80], 81), isListed("all", 81)]).toEqual([true, false, true]);
  });
});
