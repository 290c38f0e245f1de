import { expect, test } from "vitest";
import { refusalsOf, type FieldTable } from "./field-table.ts";

const INNER: FieldTable = {
  rows: {
    size: {},
    shared: {
      refuse: { values: "`true`", test: (value) => value === true, reason: "never shared" },
    },
  },
  otherwise: "no such thing inside",
};
const TABLE: FieldTable = {
  rows: {
    name: {},
    free: { idle: "changes nothing" },
    one: { members: INNER },
    many: { each: INNER },
  },
  otherwise: "not supported",
};

test("what every table on the way knows is accepted", () => {
  const value = {
    name: "a",
    free: { any: { thing: 1 } },
    one: { size: 1, shared: false },
    many: [{ size: 2 }, {}],
  };
  expect(refusalsOf(value, TABLE, "spec")).toEqual([]);
});

test("what is refused is named by its path, with the reason of its own table, in the object's order", () => {
  const value = {
    many: [{}, { shared: true, odd: 1 }],
    other: 1,
    one: { toString: "x" },
    absent: null,
    undefined_: undefined,
  };
  expect(refusalsOf(value, TABLE, "spec")).toEqual([
    { field: "spec.many[1].shared", reason: "never shared" },
    { field: "spec.many[1].odd", reason: "no such thing inside" },
    { field: "spec.other", reason: "not supported" },
    { field: "spec.one.toString", reason: "no such thing inside" },
  ]);
});
