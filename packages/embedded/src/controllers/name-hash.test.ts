import { describe, expect, it } from "vitest";
import { nameHash } from "./name-hash.ts";

describe("nameHash", () => {
  // Vectors of FNV-1a and values that upstream's controller wrote.
  it.each([
    ["", "811c9dc5"],
    ["a", "e40c292c"],
    ["foobar", "bf9cf968"],
    ["box", "70c67e32"],
    ["pool", "91dd7983"],
    ["tpl", "9d22159f"],
  ])("of %j is %s", (name, hash) => {
    expect(nameHash(name)).toBe(hash);
  });
});
