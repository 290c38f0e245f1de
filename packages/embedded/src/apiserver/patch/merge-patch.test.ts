import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { isJsonEqual, isJsonObject, type JsonObject, setMember } from "./json-value.ts";
import { applyMergePatch } from "./merge-patch.ts";

describe("applyMergePatch", () => {
  test.each([
    ["replaces a member", { a: "b" }, { a: "c" }, { a: "c" }],
    ["adds a member", { a: "b" }, { b: "c" }, { a: "b", b: "c" }],
    ["removes a member by null", { a: "b", b: "c" }, { a: null }, { b: "c" }],
    ["replaces lists as a whole", { a: ["b", "c"] }, { a: ["d"] }, { a: ["d"] }],
    ["merges objects", { a: { b: 1, c: 2 } }, { a: { b: null, d: 3 } }, { a: { c: 2, d: 3 } }],
    ["keeps nulls inside lists", {}, { a: [null, { b: null }] }, { a: [null, { b: null }] }],
    ["drops nulls of new objects", {}, { a: { b: { c: null } } }, { a: { b: {} } }],
    ["replaces a scalar by an object", { a: "x" }, { a: { b: 1 } }, { a: { b: 1 } }],
    ["takes a patch that is no object as the result", { a: 1 }, ["c"], ["c"]],
    ["begins from nothing if the document is no object", ["a"], { b: 1 }, { b: 1 }],
    [
      "does not take inherited members for present ones",
      {},
      { constructor: { name: "x" } },
      { constructor: { name: "x" } },
    ],
  ])("%s", (_, document, patch, expected) => {
    const before = structuredClone({ document, patch });
    expect(applyMergePatch(document, patch)).toEqual(expected);
    expect({ document, patch }).toEqual(before);
  });

  test("brings any document to any other with the patch made from their difference", () => {
    fc.assert(
      fc.property(object(), object(), (from, to) => {
        expect(isJsonEqual(applyMergePatch(from, diff(from, to)), to)).toBe(true);
      }),
    );
  });

  test("changes nothing when it is applied a second time", () => {
    fc.assert(
      fc.property(object(), fc.dictionary(fc.string(), fc.jsonValue()), (document, patch) => {
        const once = applyMergePatch(document, patch);
        expect(applyMergePatch(once, patch)).toEqual(once);
      }),
    );
  });
});

/** Objects without null members, which a merge patch cannot set. */
function object(): fc.Arbitrary<JsonObject> {
  return fc.dictionary(fc.string(), fc.jsonValue()).map((value) => withoutNulls(value) as JsonObject);
}

function withoutNulls(value: unknown): unknown {
  if (!isJsonObject(value)) return value;
  const rest: JsonObject = {};
  for (const [name, member] of Object.entries(value))
    if (member !== null) setMember(rest, name, withoutNulls(member));
  return rest;
}

function diff(from: JsonObject, to: JsonObject): JsonObject {
  const patch: JsonObject = {};
  for (const name of Object.keys(from)) if (!Object.hasOwn(to, name)) setMember(patch, name, null);
  for (const [name, member] of Object.entries(to)) {
    const current = Object.hasOwn(from, name) ? from[name] : undefined;
    if (isJsonEqual(current, member)) continue;
    setMember(patch, name, isJsonObject(current) && isJsonObject(member) ? diff(current, member) : member);
  }
  return patch;
}
