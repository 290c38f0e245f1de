import type { KubeObject } from "@sandgate/contract";
import { describe, expect, it } from "vitest";
import { createSchemaTable } from "../registry/schema-table.ts";
import { applyDefaults } from "./apply-defaults.ts";
import { pruneUnknown } from "./prune-unknown.ts";
import type { Schema } from "./schema.ts";

const types = createSchemaTable();

function pruned(schema: Schema, object: object): { removed: string[]; object: unknown } {
  const copy = structuredClone({ metadata: {}, ...object }) as KubeObject;
  return { removed: pruneUnknown(copy, schema, types), object: copy };
}

function defaulted(spec: Schema, value: unknown): unknown {
  const object = { metadata: {}, spec: structuredClone(value) } as KubeObject & { spec: unknown };
  applyDefaults(object, { type: "object", properties: { spec } }, types);
  return object.spec;
}

describe("pruning", () => {
  const schema: Schema = {
    type: "object",
    properties: {
      spec: {
        type: "object",
        properties: {
          known: { type: "string" },
          list: { type: "array", items: { type: "object", properties: { a: { type: "string" } } } },
          map: {
            type: "object",
            additionalProperties: { type: "object", properties: { a: { type: "string" } } },
          },
          open: {
            type: "object",
            "x-kubernetes-preserve-unknown-fields": true,
            properties: { shut: { type: "object", properties: {} } },
          },
          resource: {
            type: "object",
            "x-kubernetes-embedded-resource": true,
            properties: { data: { type: "string" } },
          },
        },
      },
    },
  };

  it("removes what the schema does not have, and tells where it was", () => {
    const { removed, object } = pruned(schema, {
      kind: "X",
      other: 1,
      spec: {
        known: "k",
        bad: 1,
        list: [{ a: "1" }, { a: "2", bad: { deep: 1 } }],
        map: { one: { a: "1", bad: 2 } },
      },
    });
    expect(removed).toEqual(["other", "spec.bad", "spec.list[1].bad", "spec.map.one.bad"]);
    expect(object).toEqual({
      kind: "X",
      metadata: {},
      spec: { known: "k", list: [{ a: "1" }, { a: "2" }], map: { one: { a: "1" } } },
    });
  });

  it("keeps everything below an open object but for members that have a schema of their own", () => {
    const { removed, object } = pruned(schema, { spec: { open: { any: { thing: 1 }, shut: { bad: 1 } } } });
    expect(removed).toEqual(["spec.open.shut.bad"]);
    expect(object).toEqual({ metadata: {}, spec: { open: { any: { thing: 1 }, shut: {} } } });
  });

  it("keeps what makes an embedded resource one, and of metadata what ObjectMeta has", () => {
    const resource = { apiVersion: "v1", kind: "Y", metadata: { name: "y", bad: 1 }, data: "d", bad: 1 };
    const { removed, object } = pruned(schema, { metadata: { name: "x", bad: 1 }, spec: { resource } });
    expect(removed).toEqual(["metadata.bad", "spec.resource.bad", "spec.resource.metadata.bad"]);
    expect(object).toEqual({
      metadata: { name: "x" },
      spec: { resource: { apiVersion: "v1", kind: "Y", metadata: { name: "y" }, data: "d" } },
    });
  });

  it("is not misled by names that every JavaScript object has", () => {
    expect(pruned(schema, { spec: { constructor: 1, toString: 2 } }).removed).toEqual([
      "spec.constructor",
      "spec.toString",
    ]);
  });

  it("prunes built-in kinds by their types", () => {
    const pod = { spec: { containers: [{ name: "c", bar: 1, ports: [{ containerPort: 1, foo: 1 }] }] } };
    expect(pruned({ $ref: "io.k8s.api.core.v1.Pod" }, pod).removed).toEqual([
      "spec.containers[0].bar",
      "spec.containers[0].ports[0].foo",
    ]);
  });
});

describe("defaulting", () => {
  it("fills what is absent, and defaults within defaults", () => {
    const spec: Schema = {
      type: "object",
      properties: {
        a: { type: "object", default: {}, properties: { b: { type: "integer", default: 1 } } },
        c: { type: "array", items: { type: "object", properties: { d: { type: "string", default: "x" } } } },
      },
    };
    expect(defaulted(spec, { c: [{}, { d: "y" }] })).toEqual({ a: { b: 1 }, c: [{ d: "x" }, { d: "y" }] });
  });

  it("drops a null that is not allowed, and keeps one that is", () => {
    const spec: Schema = {
      type: "object",
      properties: {
        plain: { type: "string" },
        filled: { type: "string", default: "x" },
        nullable: { type: "string", nullable: true, default: "x" },
      },
    };
    expect(defaulted(spec, { plain: null, filled: null, nullable: null, unknown: null })).toEqual({
      filled: "x",
      nullable: null,
      unknown: null,
    });
  });

  it("gives each object a default of its own", () => {
    const spec: Schema = { type: "object", properties: { a: { type: "object", default: { b: [1] } } } };
    const [one, two] = [defaulted(spec, {}), defaulted(spec, {})] as { a: { b: number[] } }[];
    one?.a.b.push(2);
    expect(two).toEqual({ a: { b: [1] } });
  });
});
