import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { compileJsonPath } from "./json-path.ts";

const OBJECT = {
  metadata: { name: "box", labels: { "a.b/c": "dotted" }, annotations: { "it's": 1 } },
  spec: { replicas: 0, off: false, empty: "", nothing: null, list: [1, 2, 3, 4] },
  status: {
    conditions: [
      { type: "Ready", status: "True", count: 3 },
      { type: "Suspended", status: "False", count: 5 },
    ],
    pods: [{ ip: "10.0.0.1" }, { ip: "10.0.0.2", node: { name: "n" } }],
  },
};

describe("compileJsonPath", () => {
  test.each<[string, unknown[]]>([
    [".metadata.name", ["box"]],
    ["{.metadata.name}", ["box"]],
    ["$.metadata.name", ["box"]],
    ["metadata.name", ["box"]],
    [String.raw`.metadata.labels.a\.b/c`, ["dotted"]],
    [".metadata.labels['a.b/c']", ["dotted"]],
    ['.metadata.labels["a.b/c"]', ["dotted"]],
    [String.raw`.metadata.annotations['it\'s']`, [1]],
    [".spec.replicas", [0]],
    [".spec.off", [false]],
    [".spec.empty", [""]],
    [".spec.nothing", []],
    [".spec.absent.deeper", []],
    [".spec.list[0]", [1]],
    [".spec.list[-1]", [4]],
    [".spec.list[9]", []],
    [".spec.list[-9]", []],
    [".spec.list[1:3]", [2, 3]],
    [".spec.list[:2]", [1, 2]],
    [".spec.list[::2]", [1, 3]],
    [".status.pods[*].ip", ["10.0.0.1", "10.0.0.2"]],
    [".status.pods.*.ip", ["10.0.0.1", "10.0.0.2"]],
    ['.status.conditions[?(@.type=="Ready")].status', ["True"]],
    [".status.conditions[?(@.type == 'Suspended')].status", ["False"]],
    ['.status.conditions[?(@.type!="Ready")].type', ["Suspended"]],
    [".status.conditions[?(@.count>3)].type", ["Suspended"]],
    [".status.conditions[?(@.count <= 3)].type", ["Ready"]],
    [".status.pods[?(@.node)].ip", ["10.0.0.2"]],
    [".status.pods[?(@.node.name=='n')].ip", ["10.0.0.2"]],
    ["..ip", ["10.0.0.1", "10.0.0.2"]],
    [".", [OBJECT]],
    [".metadata.__proto__", []],
    [".metadata.constructor", []],
  ])("%s", (path, values) => {
    expect(compileJsonPath(path)(OBJECT)).toEqual(values);
  });

  test.each([".a[", ".a[b]", ".a[?(b)]", ".a[?(@.x==)]", ".a[?(@.x==y)]", ".a[0]b", "....", ".a]"])(
    "refuses %s",
    (path) => {
      expect(() => compileJsonPath(path)).toThrow(SyntaxError);
    },
  );

  test("finds any member by its quoted name", () => {
    fc.assert(
      fc.property(fc.string(), fc.integer(), (name, value) => {
        const quoted = name.replaceAll("\\", "\\\\").replaceAll("'", "\\'");
        const object = Object.fromEntries([[name, value]]);
        expect(compileJsonPath(`['${quoted}']`)(object)).toEqual([value]);
      }),
    );
  });

  test("either compiles any text or refuses it with a SyntaxError, and finds nothing it can choke on", () => {
    const piece = fc.constantFrom(
      ".",
      "..",
      "[",
      "]",
      "*",
      "?(",
      "@",
      ")",
      "==",
      "'",
      '"',
      "\\",
      "0",
      ":",
      "a",
      "{",
      "}",
      "$",
    );
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 12 }), fc.jsonValue(), (pieces, value) => {
        let path;
        try {
          path = compileJsonPath(pieces.join(""));
        } catch (error) {
          expect(error).toBeInstanceOf(SyntaxError);
          return;
        }
        expect(Array.isArray(path(value))).toBe(true);
      }),
      { numRuns: 3000 },
    );
  });

  test("looks through a large object once, not without end", () => {
    const wide = Array.from({ length: 500 }, () => Array.from({ length: 100 }, () => ({ a: 1 })));
    expect(compileJsonPath("..a..a..a")(wide)).toEqual([]);
  });
});
