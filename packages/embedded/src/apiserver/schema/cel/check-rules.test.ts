import { describe, expect, it } from "vitest";
import type { Schema, ValidationRule } from "../schema.ts";
import { checkRules } from "./check-rules.ts";
import { rulesNotEnforced } from "./rules-not-enforced.ts";

function problems(schema: Schema, value: unknown, previous?: unknown): string[] {
  const root: Schema = { type: "object", properties: { spec: schema } };
  const before = previous === undefined ? undefined : { spec: previous };
  return checkRules({ spec: value }, root, before).map(({ field, message }) => `${field}: ${message}`);
}

function text(...rules: string[]): Schema {
  return { type: "string", "x-kubernetes-validations": rules.map((rule) => ({ rule })) };
}

function holds(rule: string, self: unknown, schema: Schema = { type: "string" }): boolean {
  return problems({ ...schema, "x-kubernetes-validations": [{ rule }] }, self).length === 0;
}

const INTEGERS: Schema = { type: "array", items: { type: "integer" } };
const TEXTS: Schema = { type: "array", items: { type: "string" } };

describe("CEL rules", () => {
  it("report their message, or themselves", () => {
    const rule: ValidationRule = { rule: "self.size() > 2", message: "too short" };
    expect(problems({ type: "string", "x-kubernetes-validations": [rule] }, "a")).toEqual([
      'spec: Invalid value: "a": too short',
    ]);
    expect(problems(text("self != 'a'"), "a")).toEqual([
      `spec: Invalid value: "a": failed rule: self != 'a'`,
    ]);
  });

  it("report a message that is made for the value, at the field that is meant", () => {
    const schema: Schema = {
      type: "object",
      properties: { a: { type: "integer" } },
      "x-kubernetes-validations": [
        {
          rule: "self.a < 5",
          messageExpression: "'not ' + string(self.a)",
          fieldPath: ".a",
          reason: "FieldValueForbidden",
        },
      ],
    };
    expect(problems(schema, { a: 7 })).toEqual(["spec.a: Forbidden: not 7"]);
  });

  it("about the value before are checked on updates only", () => {
    const schema = text("self.startsWith(oldSelf)");
    expect(problems(schema, "b")).toEqual([]);
    expect(problems(schema, "ab", "a")).toEqual([]);
    expect(problems(schema, "b", "a")).toHaveLength(1);
  });

  it("can ask whether there was a value before", () => {
    const rule = {
      rule: "oldSelf.hasValue() ? self == oldSelf.value() + 1 : self == 1",
      optionalOldSelf: true,
    };
    const schema: Schema = { type: "integer", "x-kubernetes-validations": [rule] };
    expect(problems(schema, 1)).toEqual([]);
    expect(problems(schema, 2)).toHaveLength(1);
    expect(problems(schema, 3, 2)).toEqual([]);
    expect(problems(schema, 4, 2)).toHaveLength(1);
  });

  it("find the element before by its keys", () => {
    const schema: Schema = {
      type: "array",
      "x-kubernetes-list-type": "map",
      "x-kubernetes-list-map-keys": ["name"],
      items: {
        type: "object",
        properties: {
          name: { type: "string" },
          n: { type: "integer", "x-kubernetes-validations": [{ rule: "self >= oldSelf" }] },
        },
      },
    };
    const before = [
      { name: "a", n: 1 },
      { name: "b", n: 5 },
    ];
    expect(
      problems(
        schema,
        [
          { name: "b", n: 5 },
          { name: "a", n: 2 },
          { name: "c", n: 0 },
        ],
        before,
      ),
    ).toEqual([]);
    expect(problems(schema, [{ name: "b", n: 4 }], before)).toEqual([
      "spec[0].n: Invalid value: 4: failed rule: self >= oldSelf",
    ]);
  });

  it("recognise that something cannot be changed", () => {
    const schema: Schema = {
      type: "object",
      properties: { v: { type: "array", items: { type: "string" } }, w: { type: "string" } },
      "x-kubernetes-validations": [
        {
          rule: "has(self.v) == has(oldSelf.v) && (!has(self.v) || self.v == oldSelf.v)",
          message: "v is immutable",
        },
      ],
    };
    expect(problems(schema, { v: ["a"], w: "2" }, { v: ["a"], w: "1" })).toEqual([]);
    for (const [before, after] of [
      [{}, { v: ["a"] }],
      [{ v: ["a"] }, {}],
      [{ v: ["a"] }, { v: ["b"] }],
    ]) {
      expect(problems(schema, after, before)).toEqual(["spec: Invalid value: v is immutable"]);
    }
  });

  it("know Kubernetes' functions on lists", () => {
    expect(
      holds("self.isSorted() && self.sum() == 6 && self.min() == 1 && self.max() == 3", [1, 2, 3], INTEGERS),
    ).toBe(true);
    expect(holds("self.isSorted()", [2, 1], INTEGERS)).toBe(false);
    expect(holds("self.indexOf('b') == 1 && self.lastIndexOf('b') == 2", ["a", "b", "b"], TEXTS)).toBe(true);
    expect(holds("sets.contains(self, ['a']) && sets.intersects(self, ['b', 'c'])", ["a", "b"], TEXTS)).toBe(
      true,
    );
    expect(holds("sets.equivalent(self, ['b', 'a', 'a'])", ["a", "b"], TEXTS)).toBe(true);
  });

  it("know Kubernetes' functions on texts", () => {
    expect(holds("self.matches('^[a-z]+$')", "ab12")).toBe(false);
    expect(holds("url(self).getHost() == 'h:80' && url(self).getPort() == '80'", "https://h:80/p?q=1")).toBe(
      true,
    );
    expect(
      holds("url(self).getEscapedPath() == '/p' && url(self).getQuery()['q'] == ['1']", "https://h:80/p?q=1"),
    ).toBe(true);
    expect(holds("isURL(self)", "no url")).toBe(false);
    expect(holds("!format.dns1123Label().validate(self).hasValue()", "a-b")).toBe(true);
    expect(holds("!format.dns1123Label().validate(self).hasValue()", "A")).toBe(false);
  });

  it("know quantities", () => {
    expect(
      holds("quantity(self).isLessThan(quantity('1Gi')) && quantity(self) == quantity('1024Ki')", "1Mi"),
    ).toBe(true);
    expect(
      holds(
        "quantity(self).add(1).asInteger() == 3 && quantity(self).sub(quantity('500m')).isInteger()",
        "2",
      ),
    ).toBe(false);
    expect(holds("quantity(self).compareTo(quantity('2')) == 0 && quantity(self).sign() == 1", "2000m")).toBe(
      true,
    );
    expect(holds("isQuantity(self)", "two")).toBe(false);
  });

  it("see times, numbers and odd names as their schema has them", () => {
    const time: Schema = { type: "string", format: "date-time" };
    expect(holds("self > timestamp('2020-01-01T00:00:00Z')", "2021-01-01T00:00:00Z", time)).toBe(true);
    expect(holds("self < duration('1h')", "2h", { type: "string", format: "duration" })).toBe(false);
    expect(holds("self / 2.0 == 1.0", 2, { type: "number" })).toBe(true);
    const odd: Schema = {
      type: "object",
      properties: { "a-b": { type: "string" }, namespace: { type: "string" }, "c.d": { type: "string" } },
    };
    expect(
      holds(
        "self.a__dash__b == self.__namespace__ && !has(self.c__dot__d)",
        { "a-b": "x", namespace: "x" },
        odd,
      ),
    ).toBe(true);
  });

  it("that go wrong do not hold, and say what went wrong", () => {
    const schema: Schema = {
      type: "object",
      properties: { a: { type: "integer" } },
      "x-kubernetes-validations": [{ rule: "self.a > 1" }],
    };
    expect(problems(schema, {})).toEqual([
      'spec: Invalid value: "object": no such key: a evaluating rule: self.a > 1',
    ]);
  });

  it("may go through a list of usual length in two loops", () => {
    const schema: Schema = {
      ...TEXTS,
      "x-kubernetes-validations": [
        { rule: "self.all(x, self.exists_one(y, x == y) && x != '' && x.startsWith('t') && x.size() < 10)" },
      ],
    };
    const usual = Array.from({ length: 128 }, (_, index) => `t${index}`);
    expect(problems(schema, usual)).toEqual([]);
    expect(problems(schema, [...usual, "t1"])).toHaveLength(1);
  });

  it("end when they would cost too much", () => {
    const schema: Schema = {
      ...TEXTS,
      "x-kubernetes-validations": [
        { rule: "self.all(x, self.all(y, self.all(z, x != y || y != z || true)))" },
      ],
    };
    const many = Array.from({ length: 2000 }, (_, index) => `t${index}`);
    expect(problems(schema, many)).toEqual([expect.stringContaining("call cost exceeds limit")]);
  });

  it("that this server cannot enforce are told with their place, and hold nobody up", () => {
    const schema = text(
      "self.unheardOf()",
      "self ==",
      "cel.bind(x, self, x == x)",
      "ip(self).family() == 4 && self.find('[0-9]') != ''",
      "self == 'a'",
    );
    const versions = [
      { schema: { openAPIV3Schema: { type: "object", properties: { spec: schema } } as Schema } },
    ];
    const at = "spec.versions[0].schema.openAPIV3Schema.properties[spec].x-kubernetes-validations";
    expect(rulesNotEnforced(versions)).toEqual([
      { path: `${at}[0].rule`, why: "this server does not have unheardOf()" },
      { path: `${at}[1].rule`, why: expect.stringContaining("cannot be read") as string },
      { path: `${at}[2].rule`, why: "this server does not have bind()" },
      { path: `${at}[3].rule`, why: "this server does not have family(), ip(), find()" },
    ]);
    expect(problems(schema, "a")).toEqual([]);
  });
});
