import { describe, expect, it } from "vitest";
import { formatAge, formatTable } from "./table.ts";

describe("formatTable", () => {
  it("aligns columns to their widest cell and leaves no blanks at the end of a line", () => {
    expect(
      formatTable(
        ["NAME", "STATE"],
        [
          ["alice/box", "Ready"],
          ["b/c", ""],
        ],
      ),
    ).toBe("NAME        STATE\nalice/box   Ready\nb/c");
  });
});

describe("formatAge", () => {
  it.each([
    [0, "0s"],
    [119, "119s"],
    [120, "2m"],
    [192, "3m12s"],
    [3600, "60m"],
    [4 * 3600, "4h"],
    [3 * 86400, "3d"],
  ])("prints %i seconds as %s", (seconds, text) => {
    expect(formatAge(0, seconds * 1000)).toBe(text);
  });

  it("prints a time in the future as nothing elapsed", () => {
    expect(formatAge(5000, 0)).toBe("0s");
  });
});
