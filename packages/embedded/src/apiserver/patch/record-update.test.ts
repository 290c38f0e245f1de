import type { KubeObject } from "@sandgate/contract";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { createSchemaTable } from "../registry/schema-table.ts";
import { eachPath, parseFieldsV1 } from "./fields-v1.ts";
import { definitionFor } from "./fixtures/definitions.ts";
import type { JsonObject } from "./json-value.ts";
import { pathText } from "./path-element.ts";
import { recordUpdate } from "./record-update.ts";

const types = createSchemaTable();
const definition = definitionFor("Widget", types);
const start = Date.parse("2026-01-02T03:04:05Z");

function widget(spec: JsonObject): KubeObject {
  return { apiVersion: "example.test/v1", kind: "Widget", metadata: { name: "w" }, spec } as KubeObject;
}

function write(
  previous: KubeObject | undefined,
  spec: JsonObject,
  manager: string,
  nowMs = start,
): KubeObject {
  const next = widget(spec);
  recordUpdate({ previous, next, definition, types, manager, nowMs });
  return next;
}

function owners(object: KubeObject): Record<string, string[]> {
  const result: Record<string, string[]> = {};
  for (const entry of object.metadata.managedFields ?? []) {
    const paths: string[] = [];
    eachPath(parseFieldsV1(entry.fieldsV1), (path) => paths.push(pathText(path)));
    result[entry.manager ?? ""] = paths;
  }
  return result;
}

describe("recordUpdate", () => {
  test("gives changed fields to the writer and takes them from their owner", () => {
    const created = write(undefined, { color: "red", size: 1 }, "one");
    const updated = write(created, { color: "blue", size: 1 }, "two");
    expect(owners(updated)).toEqual({ one: [".spec", ".spec.size"], two: [".spec.color"] });
  });

  test("lets an entry go that owns nothing any more", () => {
    const created = write(undefined, { color: "red" }, "one");
    const colored = write(created, { color: "red", flag: true }, "two");
    expect(Object.keys(owners(write(colored, { color: "red" }, "three")))).toEqual(["one"]);
  });

  test("changes nothing, the times included, when nothing is written", () => {
    const created = write(undefined, { color: "red" }, "one");
    expect(write(created, { color: "red" }, "one", start + 60_000)).toEqual(created);
    expect(write(created, { color: "red" }, "two", start + 60_000)).toEqual(created);
  });

  test("moves the time of an entry only when its manager writes something", () => {
    const created = write(undefined, { color: "red" }, "one");
    const other = write(created, { color: "red", flag: true }, "two", start + 60_000);
    const times = other.metadata.managedFields?.map(({ manager, time }) => [manager, time]);
    expect(times).toEqual([
      ["one", "2026-01-02T03:04:05Z"],
      ["two", "2026-01-02T03:05:05Z"],
    ]);
  });

  test("keeps ten updaters and joins the oldest under one name", () => {
    let object = write(undefined, { color: "red" }, "first");
    const env: Record<string, string> = {};
    for (let index = 0; index < 15; index++) {
      env[`E${index}`] = "x";
      object = write(object, { color: "red", env: { ...env } }, `m${index}`, start + (index + 1) * 1000);
    }
    const entries = object.metadata.managedFields ?? [];
    expect(entries).toHaveLength(10);
    expect(owners(object)["ancient-changes"]).toContain(".spec.color");
    expect(owners(object)["ancient-changes"]).toContain(".spec.env.E4");
    expect(owners(object)["m14"]).toEqual([".spec.env.E14"]);
  });

  test("does not track an object whose managedFields were cleared", () => {
    const created = write(undefined, { color: "red" }, "one");
    const next = widget({ color: "blue" });
    next.metadata.managedFields = [{}];
    recordUpdate({ previous: created, next, definition, types, manager: "two", nowMs: start });
    expect(next.metadata).toEqual({ name: "w" });
    expect(write(next, { color: "green" }, "two").metadata).toEqual({ name: "w" });
  });

  test("leaves no managedFields on an object that breaks its list types", () => {
    const created = write(undefined, { color: "red" }, "one");
    expect(write(created, { color: "red", tags: [{}] }, "two").metadata).toEqual({
      name: "w",
    });
  });

  test("names a writer without a name unknown", () => {
    expect(Object.keys(owners(write(undefined, { color: "red" }, "")))).toEqual(["unknown"]);
  });

  test("does not change the stored object", () => {
    const created = write(undefined, { color: "red" }, "one");
    const before = structuredClone(created);
    write(created, { color: "blue", env: { A: "1" } }, "two");
    expect(created).toEqual(before);
  });

  test("has exactly one owner for each field, and an owner for every field", () => {
    const spec = fc.record(
      {
        color: fc.constantFrom("red", "blue"),
        env: fc.dictionary(fc.constantFrom("A", "B"), fc.constantFrom("1", "2")),
        tags: fc.uniqueArray(fc.constantFrom("a", "b", "c")),
        nested: fc.record({ a: fc.record({ x: fc.integer({ min: 0, max: 1 }) }) }, { requiredKeys: [] }),
      },
      { requiredKeys: [] },
    ) as fc.Arbitrary<JsonObject>;
    const writes = fc.array(fc.record({ manager: fc.constantFrom("one", "two", "three"), spec }), {
      minLength: 1,
      maxLength: 6,
    });
    fc.assert(
      fc.property(writes, (list) => {
        let object: KubeObject | undefined;
        for (const step of list) object = write(object, step.spec, step.manager);
        const all = Object.values(owners(object as KubeObject)).flat();
        expect(new Set(all).size).toBe(all.length);
        const fresh = Object.values(
          owners(write(undefined, (object as unknown as { spec: JsonObject }).spec, "x")),
        ).flat();
        expect(fresh.filter((path) => !all.includes(path))).toEqual([]);
      }),
    );
  });
});
