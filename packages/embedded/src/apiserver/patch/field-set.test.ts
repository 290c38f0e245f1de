import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  difference,
  fieldSet,
  type FieldSet,
  intersection,
  recursiveDifference,
  union,
} from "./field-set.ts";
import { eachPath, formatFieldsV1, parseFieldsV1 } from "./fields-v1.ts";
import { keyElement, parsePathElement, pathText, sortPathElements, valueElement } from "./path-element.ts";

const element = fc.oneof(
  fc.constantFrom("f:a", "f:b", "f:c", "i:0", "i:1"),
  fc.constantFrom("x", 1, true, "y").map(valueElement),
  fc.constantFrom(80, 443).map((port) =>
    keyElement([
      ["port", port],
      ["name", "n"],
    ]),
  ),
);
const paths = fc.array(fc.array(element, { minLength: 1, maxLength: 3 }), { maxLength: 8 });

describe("a field set", () => {
  test("behaves as a set of paths under union, intersection and differences", () => {
    fc.assert(
      fc.property(paths, paths, (left, right) => {
        const a = fieldSet(...left);
        const b = fieldSet(...right);
        const inLeft = (path: string): boolean => texts(a).includes(path);
        const inRight = (path: string): boolean => texts(b).includes(path);
        const below = (path: string): boolean =>
          texts(b).some((prefix) => path === prefix || path.startsWith(`${prefix}\n`));
        const all = [...new Set([...texts(a), ...texts(b)])];
        expect(texts(union(a, b)).sort()).toEqual(all.sort());
        expect(texts(intersection(a, b)).sort()).toEqual(
          all.filter((path) => inLeft(path) && inRight(path)).sort(),
        );
        expect(texts(difference(a, b)).sort()).toEqual(
          texts(a)
            .filter((path) => !inRight(path))
            .sort(),
        );
        expect(texts(recursiveDifference(a, b)).sort()).toEqual(
          texts(a)
            .filter((path) => !below(path))
            .sort(),
        );
        expect(texts(a).sort()).toEqual([...new Set(left.map((path) => path.join("\n")))].sort());
      }),
    );
  });

  test("is the same after it was written as fieldsV1 and read again", () => {
    fc.assert(
      fc.property(paths, (list) => {
        const set = fieldSet(...list);
        expect(parseFieldsV1(JSON.parse(JSON.stringify(formatFieldsV1(set))))).toEqual(set);
      }),
    );
  });

  test("reads a key whatever the order of its members", () => {
    expect(parsePathElement('k:{"protocol":"TCP","port":80}')).toBe(
      keyElement([
        ["port", 80],
        ["protocol", "TCP"],
      ]),
    );
  });

  test("ignores steps of an unknown kind and refuses malformed ones", () => {
    expect(parseFieldsV1({ "x:new": {}, "f:a": {} })).toEqual(fieldSet(["f:a"]));
    for (const bad of [{ a: {} }, { "k:[]": {} }, { "k:{": {} }, { "i:x": {} }, { "v:": {} }, { "f:a": 1 }]) {
      expect(() => parseFieldsV1(bad)).toThrow(SyntaxError);
    }
  });

  test("orders steps: members, keys, values, indexes; numbers before text", () => {
    const ordered = [
      "f:a",
      "f:b",
      'k:{"p":9}',
      'k:{"p":80}',
      'k:{"p":"x"}',
      "v:2",
      "v:10",
      'v:"1"',
      "v:true",
      "i:2",
      "i:10",
    ];
    expect(sortPathElements(ordered.toReversed())).toEqual(ordered);
  });

  test("shows paths as kubectl users know them", () => {
    const path = ["f:spec", 'k:{"name":"x","port":80}', "f:args", 'v:"a"', "i:3"];
    expect(pathText(path)).toBe('.spec[name="x",port=80].args[="a"][3]');
  });
});

function texts(set: FieldSet): string[] {
  const result: string[] = [];
  eachPath(set, (path) => result.push(path.join("\n")));
  return result;
}
