import { describe, expect, it } from "vitest";
import { referencePages, writtenPage } from "./reference.ts";

describe("the generated reference", () => {
  it.each(Object.entries(referencePages()))(
    "%s says what its table says (else: node scripts/with-node.mjs scripts/reference.ts)",
    (name, text) => {
      expect(writtenPage(name)).toBe(text);
    },
  );
});
