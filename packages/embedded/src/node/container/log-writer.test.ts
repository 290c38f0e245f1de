import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { parseLine } from "./log-reader.ts";
import { encodeLines } from "./log-writer.ts";

describe("lines of a log", () => {
  test("say everything that was printed, in order, and which parts end a line", () => {
    const line = fc
      .array(fc.constantFrom("a", "\u00ff", " ", "stdout F ", "x".repeat(9_000)), { maxLength: 5 })
      .map((parts) => parts.join(""));
    fc.assert(
      fc.property(
        fc.array(line, { minLength: 1, maxLength: 5 }),
        fc.constantFrom("F", "P"),
        (lines, mark) => {
          const text = lines.join("\n");
          const read = encodeLines("stdout", text, mark)
            .toString("latin1")
            .split("\n")
            .filter((one) => one !== "")
            .map((one) => parseLine(one)?.text.toString("latin1") ?? "LOST");
          expect(read.join("")).toBe(mark === "F" ? `${text}\n` : text);
        },
      ),
    );
  });

  test("cost little where there are many", () => {
    const began = performance.now();
    encodeLines("stdout", "y\n".repeat(32_768), "F");
    expect(performance.now() - began).toBeLessThan(200);
  });
});
