import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { ApiError } from "../server/api-error.ts";
import { applyJsonPatch } from "./json-patch.ts";

describe("applyJsonPatch", () => {
  test.each([
    ["adds a member", { a: 1 }, [{ op: "add", path: "/b", value: 2 }], { a: 1, b: 2 }],
    ["adds an item at its index", { l: [1, 3] }, [{ op: "add", path: "/l/1", value: 2 }], { l: [1, 2, 3] }],
    ["adds an item at the end", { l: [1] }, [{ op: "add", path: "/l/-", value: 2 }], { l: [1, 2] }],
    ["replaces a member by adding it", { a: 1 }, [{ op: "add", path: "/a", value: [2] }], { a: [2] }],
    ["replaces the whole document", { a: 1 }, [{ op: "replace", path: "", value: { b: 2 } }], { b: 2 }],
    ["removes a member", { a: 1, b: 2 }, [{ op: "remove", path: "/a" }], { b: 2 }],
    ["removes an item", { l: [1, 2, 3] }, [{ op: "remove", path: "/l/1" }], { l: [1, 3] }],
    ["replaces an item", { l: [1, 2] }, [{ op: "replace", path: "/l/0", value: 9 }], { l: [9, 2] }],
    [
      "moves a member",
      { a: { b: 1 }, c: {} },
      [{ op: "move", from: "/a/b", path: "/c/d" }],
      { a: {}, c: { d: 1 } },
    ],
    [
      "moves an item within its list",
      { l: [1, 2, 3] },
      [{ op: "move", from: "/l/0", path: "/l/2" }],
      { l: [2, 3, 1] },
    ],
    [
      "copies a value",
      { a: { b: 1 } },
      [{ op: "copy", from: "/a", path: "/c" }],
      { a: { b: 1 }, c: { b: 1 } },
    ],
    [
      "tells ~1 and ~0 apart",
      { "a/b": 1, "c~1": 2 },
      [
        { op: "remove", path: "/a~1b" },
        { op: "remove", path: "/c~01" },
      ],
      {},
    ],
    [
      "passes a test whatever the order of members",
      { a: { x: 1, y: [2] } },
      [{ op: "test", path: "/a", value: { y: [2], x: 1 } }],
      { a: { x: 1, y: [2] } },
    ],
    ["takes null for a value", {}, [{ op: "add", path: "/a", value: null }], { a: null }],
    ["treats an empty token as a name", { "": { "": 1 } }, [{ op: "remove", path: "//" }], { "": {} }],
  ])("%s", (_, document, operations, expected) => {
    const before = structuredClone(document);
    expect(applyJsonPatch(document, operations)).toEqual(expected);
    expect(document).toEqual(before);
  });

  test.each([
    ["a test that fails", [{ op: "test", path: "/a", value: 2 }]],
    ["a test of something that is not there", [{ op: "test", path: "/x", value: null }]],
    ["removing what is not there", [{ op: "remove", path: "/x" }]],
    ["replacing what is not there", [{ op: "replace", path: "/x", value: 1 }]],
    ["a parent that is not there", [{ op: "add", path: "/x/y", value: 1 }]],
    ["an index past the end", [{ op: "add", path: "/l/3", value: 1 }]],
    ["an index with a leading zero", [{ op: "replace", path: "/l/00", value: 1 }]],
    ["a negative index", [{ op: "remove", path: "/l/-1" }]],
    ["reading the end of a list", [{ op: "test", path: "/l/-", value: 1 }]],
    ["moving a value into itself", [{ op: "move", from: "/o", path: "/o/p" }]],
    ["an inherited member", [{ op: "remove", path: "/constructor" }]],
    ["removing the document", [{ op: "remove", path: "" }]],
  ])("refuses %s with 422 and changes nothing", (_, operations) => {
    const document = { a: 1, l: [1, 2], o: {} };
    expect(
      failure(() => applyJsonPatch(document, [{ op: "add", path: "/a", value: 5 }, ...operations])),
    ).toBe(422);
    expect(document).toEqual({ a: 1, l: [1, 2], o: {} });
  });

  test.each([
    ["an object", {}],
    ["an unknown op", [{ op: "merge", path: "/a" }]],
    ["an add without a value", [{ op: "add", path: "/a" }]],
    ["a pointer without a slash", [{ op: "remove", path: "a" }]],
    ["a pointer with a wrong escape", [{ op: "remove", path: "/a~2" }]],
    ["a move without from", [{ op: "move", path: "/a" }]],
    ["an operation that is no object", [null]],
  ])("refuses %s as malformed with 400", (_, operations) => {
    expect(failure(() => applyJsonPatch({ a: 1 }, operations))).toBe(400);
  });

  test("refuses more than 10,000 operations with 413", () => {
    const operation = { op: "add", path: "/a", value: 1 };
    expect(
      applyJsonPatch(
        {},
        Array.from({ length: 10_000 }, () => operation),
      ),
    ).toEqual({ a: 1 });
    expect(
      failure(() =>
        applyJsonPatch(
          {},
          Array.from({ length: 10_001 }, () => operation),
        ),
      ),
    ).toBe(413);
  });

  test("bounds what copies may add, so that doubling a list does not end the server", () => {
    const doubling = Array.from({ length: 40 }, () => ({ op: "copy", from: "/l", path: "/l/-" }));
    expect(failure(() => applyJsonPatch({ l: [1] }, doubling))).toBe(422);
  });

  test("makes members named __proto__ as ordinary ones", () => {
    const patched = applyJsonPatch({}, [{ op: "add", path: "/__proto__", value: { x: 1 } }]);
    expect(JSON.stringify(patched)).toBe('{"__proto__":{"x":1}}');
    expect(Object.getPrototypeOf(patched)).toBe(Object.prototype);
  });

  test("never shares values between the document, the patch and the result", () => {
    fc.assert(
      fc.property(fc.dictionary(fc.string(), fc.jsonValue()), fc.jsonValue(), (document, value) => {
        const patched = applyJsonPatch(document, [{ op: "add", path: "/new", value }]) as Record<
          string,
          unknown
        >;
        expect(patched["new"]).toEqual(value);
        if (typeof value === "object" && value !== null) expect(patched["new"]).not.toBe(value);
        expect(patched).not.toBe(document);
      }),
    );
  });
});

function failure(action: () => unknown): number {
  try {
    action();
  } catch (error) {
    if (error instanceof ApiError) return error.code;
    throw error;
  }
  return 0;
}
