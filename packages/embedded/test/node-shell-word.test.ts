import { execFileSync } from "node:child_process";
import fc from "fast-check";
import { expect, test } from "vitest";
import { quote } from "../src/node/container/shell-word.ts";

const SPECIAL = fc.constantFrom(
  "'",
  '"',
  "\\",
  "$",
  "`",
  "!",
  "*",
  "~",
  "#",
  "\n",
  " ",
  "=",
  "-",
  "(",
  ")",
  "é",
  ";",
);
const WORD = fc.oneof(
  fc.string({ unit: SPECIAL, maxLength: 12 }),
  fc.string({ unit: "binary", maxLength: 12 }).filter((text) => !text.includes("\0") && text.isWellFormed()),
);

test("a quoted word is one word for a shell, and the same text", () => {
  fc.assert(
    fc.property(fc.array(WORD, { minLength: 1, maxLength: 60 }), (words) => {
      const script = `printf '%s\\0' ${words.map(quote).join(" ")}`;
      for (const shell of ["sh", "bash"]) {
        const output = execFileSync(shell, ["-c", script], { encoding: "utf8" });
        expect(output.split("\0").slice(0, -1)).toEqual(words);
      }
    }),
    { numRuns: 40 },
  );
});
