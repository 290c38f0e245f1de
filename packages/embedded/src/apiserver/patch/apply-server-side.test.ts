import type { KubeObject } from "@sandgate/contract";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { createSchemaTable } from "../registry/schema-table.ts";
import { ApiError } from "../server/api-error.ts";
import { applyServerSide } from "./apply-server-side.ts";
import { union } from "./field-set.ts";
import { eachPath, parseFieldsV1 } from "./fields-v1.ts";
import { definitionFor } from "./fixtures/definitions.ts";
import { isJsonEqual, isJsonObject, type JsonObject } from "./json-value.ts";
import { mergeTypeOf } from "./merge-type.ts";
import { pathText } from "./path-element.ts";
import { fieldSetOf } from "./typed-field-set.ts";
import { mergeTyped } from "./typed-merge.ts";

const types = createSchemaTable();
const definition = definitionFor("Widget", types);
const nowMs = Date.parse("2026-01-02T03:04:05.678Z");

interface Widget extends KubeObject {
  spec?: JsonObject;
}

function widget(spec: JsonObject, metadata: KubeObject["metadata"] = {}): Widget {
  return { apiVersion: "example.test/v1", kind: "Widget", metadata: { name: "w", ...metadata }, spec };
}

function apply(
  live: KubeObject | undefined,
  spec: JsonObject,
  manager: string,
  force = false,
  at = nowMs,
): Widget {
  return applyServerSide({ live, applied: widget(spec), definition, types, manager, force, nowMs: at });
}

function owned(object: KubeObject, manager: string): string[] {
  const paths: string[] = [];
  for (const entry of object.metadata.managedFields ?? []) {
    if (entry.manager === manager)
      eachPath(parseFieldsV1(entry.fieldsV1), (path) => paths.push(pathText(path)));
  }
  return paths;
}

/** Specs over few names, so that two of them often meet. */
const spec = fc.record(
  {
    color: fc.constantFrom("red", "blue"),
    size: fc.integer({ min: 0, max: 2 }),
    tags: fc.uniqueArray(fc.constantFrom("a", "b", "c"), { minLength: 1 }),
    numbers: fc.array(fc.integer({ min: 0, max: 2 }), { minLength: 1, maxLength: 3 }),
    selector: fc.dictionary(fc.constantFrom("s", "t"), fc.constantFrom("1", "2"), { minKeys: 1 }),
    env: fc.dictionary(fc.constantFrom("A", "B", "C"), fc.constantFrom("1", "2"), { minKeys: 1 }),
    nested: fc.record({
      a: fc.record({ x: fc.integer({ min: 0, max: 1 }), y: fc.integer({ min: 0, max: 1 }) }),
      b: fc.constantFrom("p", "q"),
    }),
    ports: fc.uniqueArray(
      fc.record(
        {
          port: fc.constantFrom(80, 81),
          protocol: fc.constantFrom("TCP", "UDP"),
          name: fc.constantFrom("m", "n"),
        },
        { requiredKeys: ["port", "protocol"] },
      ),
      { minLength: 1, selector: (port) => `${port.port}${port.protocol}` },
    ),
    free: fc.dictionary(fc.constantFrom("f", "g"), fc.constantFrom("1", 2, true), { minKeys: 1 }),
  },
  { requiredKeys: [] },
) as fc.Arbitrary<JsonObject>;

describe("applyServerSide", () => {
  test("makes an object of what is applied and writes down who owns it", () => {
    const object = apply(undefined, { color: "red", ports: [{ port: 80 }] }, "one");
    expect(object).toEqual({
      apiVersion: "example.test/v1",
      kind: "Widget",
      metadata: {
        name: "w",
        managedFields: [
          {
            manager: "one",
            operation: "Apply",
            apiVersion: "example.test/v1",
            time: "2026-01-02T03:04:05Z",
            fieldsType: "FieldsV1",
            fieldsV1: {
              "f:spec": {
                "f:color": {},
                "f:ports": { 'k:{"port":80,"protocol":"TCP"}': { ".": {}, "f:port": {} } },
              },
            },
          },
        ],
      },
      spec: { color: "red", ports: [{ port: 80 }] },
    });
  });

  test("names every field and owner that an apply conflicts with", () => {
    const live = apply(apply(undefined, { color: "red", size: 1 }, "one"), { env: { A: "1" } }, "two");
    expect.assertions(2);
    try {
      apply(live, { color: "blue", size: 2, env: { A: "2" } }, "three");
    } catch (error) {
      if (!(error instanceof ApiError)) throw error;
      expect(error.toStatus()).toMatchObject({
        code: 409,
        reason: "Conflict",
        details: {
          causes: [
            { reason: "FieldManagerConflict", message: 'conflict with "one"', field: ".spec.color" },
            { reason: "FieldManagerConflict", message: 'conflict with "one"', field: ".spec.size" },
            { reason: "FieldManagerConflict", message: 'conflict with "two"', field: ".spec.env.A" },
          ],
        },
      });
      expect(error.message).toBe(
        'Apply failed with 3 conflicts: conflicts with "one":\n- .spec.color\n- .spec.size\nconflicts with "two":\n- .spec.env.A',
      );
    }
  });

  test("keeps the owner's entry when another version of the kind is applied by the same manager", () => {
    const live = apply(undefined, { color: "red", flag: true }, "one");
    for (const entry of live.metadata.managedFields ?? []) entry.apiVersion = "example.test/v1alpha1";
    const next = apply(live, { color: "red" }, "one");
    expect(next.spec).toEqual({ color: "red" });
    expect(next.metadata.managedFields?.map((entry) => entry.apiVersion)).toEqual(["example.test/v1"]);
  });

  test("owns a list as a whole where an older schema had it owned by item", () => {
    const live = apply(undefined, { numbers: [1], selector: { a: "b" } }, "one");
    for (const entry of live.metadata.managedFields ?? []) {
      entry.fieldsV1 = { "f:spec": { "f:numbers": { ".": {}, "v:1": {} }, "f:selector": { "f:a": {} } } };
    }
    expect(owned(apply(live, { color: "red" }, "two"), "one")).toEqual([".spec.numbers", ".spec.selector"]);
    expect(apply(live, { numbers: [2] }, "one").spec).toEqual({ numbers: [2] });
  });

  test.each<[string, KubeObject, number]>([
    ["another kind", { apiVersion: "v1", kind: "Widget", metadata: { name: "w" } }, 400],
    ["managedFields", widget({}, { managedFields: [] }), 400],
    ["a field that the schema does not have", widget({ unknown: 1 }), 500],
    ["an item twice", widget({ tags: ["a", "a"] }), 500],
  ])("refuses %s", (_, applied, code) => {
    expect.assertions(1);
    try {
      applyServerSide({ live: undefined, applied, definition, types, manager: "m", force: false, nowMs });
    } catch (error) {
      if (!(error instanceof ApiError)) throw error;
      expect(error.code).toBe(code);
    }
  });

  test("returns the very same state when the same is applied again, however much later", () => {
    fc.assert(
      fc.property(spec, spec, (first, second) => {
        const live = apply(apply(undefined, first, "one"), second, "two", true);
        expect(apply(live, second, "two", false, nowMs + 60_000)).toBe(live);
      }),
    );
  });

  test("leaves what was applied as it was applied", () => {
    fc.assert(
      fc.property(spec, spec, (first, second) => {
        const object = apply(apply(undefined, first, "one"), second, "two", true);
        const type = mergeTypeOf(definition, types);
        expect(isJsonEqual(mergeTyped(object, widget(second), type), object)).toBe(true);
        // Set items of others may stand between those applied, so order is compared for the rest only.
        for (const name of ["color", "size", "numbers", "selector"]) {
          if (second[name] !== undefined) expect(object.spec?.[name]).toEqual(second[name]);
        }
      }),
    );
  });

  test("never conflicts where the managers apply different fields", () => {
    const halves = spec.map((whole): [JsonObject, JsonObject] => {
      const entries = Object.entries(whole);
      return [
        Object.fromEntries(entries.filter((_, i) => i % 2 === 0)),
        Object.fromEntries(entries.filter((_, i) => i % 2 === 1)),
      ];
    });
    fc.assert(
      fc.property(halves, halves, ([left, right], [leftLater, rightLater]) => {
        const disjoint = Object.keys(leftLater).every((name) => !(name in right) && !(name in rightLater));
        fc.pre(disjoint && Object.keys(left).every((name) => !(name in rightLater)));
        let live = apply(apply(undefined, left, "one"), right, "two");
        live = apply(apply(live, leftLater, "one"), rightLater, "two");
        expect(live.spec ?? {}).toEqual({ ...leftLater, ...rightLater });
      }),
    );
  });

  test("removes all that a manager applied and nobody else owns", () => {
    fc.assert(
      fc.property(spec, spec, (first, second) => {
        const one = apply(undefined, first, "one");
        const both = apply(one, second, "two", true);
        const gone = applyServerSide({
          live: both,
          applied: { apiVersion: "example.test/v1", kind: "Widget", metadata: { name: "w" } },
          definition,
          types,
          manager: "two",
          force: false,
          nowMs,
        }) as Widget;
        expect(owned(gone, "two")).toEqual([]);
        for (const [name, value] of Object.entries(gone.spec ?? {})) {
          expect(first).toHaveProperty(name);
          if (isJsonObject(value) || Array.isArray(value))
            expect(Object.keys(value).length).toBeGreaterThan(0);
        }
      }),
    );
  });

  test("has an owner for every field when all of them came by apply", () => {
    const steps = fc.array(fc.record({ manager: fc.constantFrom("one", "two", "three"), spec }), {
      minLength: 1,
      maxLength: 5,
    });
    fc.assert(
      fc.property(steps, (writes) => {
        let live: KubeObject | undefined;
        for (const write of writes) live = apply(live, write.spec, write.manager, true);
        const object = live as Widget;
        let all = parseFieldsV1({});
        for (const entry of object.metadata.managedFields ?? [])
          all = union(all, parseFieldsV1(entry.fieldsV1));
        const tracked: string[] = [];
        eachPath(all, (path) => tracked.push(pathText(path)));
        const present: string[] = [];
        eachPath(fieldSetOf({ spec: object.spec }, mergeTypeOf(definition, types)), (path) =>
          present.push(pathText(path)),
        );
        expect(present.filter((path) => !tracked.includes(path))).toEqual([]);
      }),
    );
  });

  test("changes neither the stored object nor what is applied", () => {
    fc.assert(
      fc.property(spec, spec, (first, second) => {
        const live = apply(undefined, first, "one");
        const applied = widget(second);
        const before = structuredClone({ live, applied });
        applyServerSide({ live, applied, definition, types, manager: "two", force: true, nowMs });
        expect({ live, applied }).toEqual(before);
      }),
    );
  });
});
