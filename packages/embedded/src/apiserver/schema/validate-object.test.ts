import type { KubeObject } from "@sandgate/contract";
import { describe, expect, it } from "vitest";
import { createSchemaTable } from "../registry/schema-table.ts";
import type { ResourceDefinition } from "../registry/resource-definition.ts";
import type { Schema } from "./schema.ts";
import { validateObject } from "./validate-object.ts";

const types = createSchemaTable();

function widgets(spec: Schema): ResourceDefinition {
  return {
    group: "example.com",
    version: "v1",
    kind: "Widget",
    listKind: "WidgetList",
    plural: "widgets",
    singular: "widget",
    shortNames: [],
    categories: [],
    namespaced: true,
    storage: { group: "example.com", version: "v1" },
    schema: { type: "object", properties: { spec } },
    columns: [],
    subresources: {},
    custom: true,
    selectableFields: [],
    strategy: {},
  };
}

function widget(spec: unknown, metadata: object = {}): KubeObject {
  return {
    apiVersion: "example.com/v1",
    kind: "Widget",
    metadata: { name: "w", namespace: "default", ...metadata },
    spec,
  } as KubeObject;
}

function problems(schema: Schema, spec: unknown, before?: unknown): string[] {
  const previous = before === undefined ? undefined : widget(before);
  return validateObject({ object: widget(spec), previous, definition: widgets(schema), types }).map(
    ({ field, message }) => `${field}: ${message}`,
  );
}

function metadataProblems(metadata: object, previous?: object): string[] {
  const object = widget({}, metadata);
  const before = previous === undefined ? undefined : widget({}, previous);
  const definition = widgets({ type: "object" });
  return validateObject({ object, previous: before, definition, types }).map(
    ({ field, message }) => `${field}: ${message}`,
  );
}

function of(property: Schema): Schema {
  return { type: "object", properties: { x: property } };
}

describe("the schema of a custom resource", () => {
  it("names the type that a value should have and the one that it has", () => {
    expect(problems(of({ type: "integer" }), { x: "1" })).toEqual([
      'spec.x: Invalid value: "string": spec.x in body must be of type integer: "string"',
    ]);
    expect(problems(of({ type: "string" }), { x: [1] })).toEqual([
      'spec.x: Invalid value: "array": spec.x in body must be of type string: "array"',
    ]);
    expect(problems(of({ type: "integer" }), { x: 1.5 })).toEqual([
      'spec.x: Invalid value: "number": spec.x in body must be of type integer: "number"',
      '<nil>: Invalid value: "": Checked value must be of type integer (default format) in spec.x',
    ]);
    expect(problems(of({ type: "number" }), { x: 1 })).toEqual([]);
  });

  it("takes a null only where it is allowed", () => {
    expect(problems(of({ type: "string" }), { x: null })).toEqual([
      'spec.x: Invalid value: "null": spec.x in body must be of type string: "null"',
    ]);
    expect(problems(of({ type: "string", nullable: true }), { x: null })).toEqual([]);
  });

  it("misses what is required", () => {
    const schema: Schema = { type: "object", required: ["x"], properties: { x: { type: "string" } } };
    expect(problems(schema, {})).toEqual(["spec.x: Required value"]);
  });

  it("lists what an enumeration supports", () => {
    expect(problems(of({ type: "string", enum: ["a", "b"] }), { x: "c" })).toEqual([
      'spec.x: Unsupported value: "c": supported values: "a", "b"',
    ]);
  });

  it("checks lengths in characters, patterns anywhere in the text, and formats", () => {
    expect(problems(of({ type: "string", maxLength: 2 }), { x: "😀😀" })).toEqual([]);
    expect(problems(of({ type: "string", maxLength: 2 }), { x: "abc" })).toEqual([
      "spec.x: Too long: may not be more than 2 bytes",
    ]);
    expect(problems(of({ type: "string", minLength: 1 }), { x: "" })).toEqual([
      'spec.x: Invalid value: "": spec.x in body should be at least 1 chars long',
    ]);
    expect(problems(of({ type: "string", pattern: "b" }), { x: "abc" })).toEqual([]);
    expect(problems(of({ type: "string", pattern: "^b$" }), { x: "abc" })).toEqual([
      `spec.x: Invalid value: "abc": spec.x in body should match '^b$'`,
    ]);
    expect(problems(of({ type: "string", format: "date-time" }), { x: "today" })).toEqual([
      'spec.x: Invalid value: "today": spec.x in body must be of type date-time: "today"',
    ]);
  });

  it("checks numbers against their bounds and their format", () => {
    const bounded = of({ type: "integer", format: "int32", minimum: 0, maximum: 1 });
    expect(problems(bounded, { x: -1 })).toEqual([
      "spec.x: Invalid value: -1: spec.x in body should be greater than or equal to 0",
    ]);
    expect(problems(bounded, { x: 2 })).toEqual([
      "spec.x: Invalid value: 2: spec.x in body should be less than or equal to 1",
    ]);
    expect(problems(of({ type: "integer", format: "int32" }), { x: 2 ** 31 })).toHaveLength(1);
  });

  it("takes a number or a text for an int-or-string", () => {
    const schema = of({ "x-kubernetes-int-or-string": true });
    expect(problems(schema, { x: 1 })).toEqual([]);
    expect(problems(schema, { x: "1" })).toEqual([]);
    expect(problems(schema, { x: true })).toEqual([
      'spec.x: Invalid value: "boolean": spec.x in body must be of type integer,string: "boolean"',
    ]);
  });

  it("counts the alternatives that fit", () => {
    const schema: Schema = {
      type: "object",
      properties: { a: { type: "string" }, b: { type: "string" } },
      oneOf: [{ required: ["a"] }, { required: ["b"] }],
    };
    expect(problems(schema, { a: "1" })).toEqual([]);
    expect(problems(schema, { a: "1", b: "1" })).toEqual([
      '<nil>: Invalid value: "": "spec" must validate one and only one schema (oneOf). Found 2 valid alternatives',
    ]);
    expect(problems(schema, {})).toEqual([
      '<nil>: Invalid value: "": "spec" must validate one and only one schema (oneOf). Found none valid',
      "spec.a: Required value",
    ]);
  });

  it("finds duplicates in sets and maps", () => {
    const set = of({ type: "array", items: { type: "string" }, "x-kubernetes-list-type": "set" });
    expect(problems(set, { x: ["a", "b", "a", "a"] })).toEqual(['spec.x[2]: Duplicate value: "a"']);
    const map = of({
      type: "array",
      items: { type: "object", properties: { name: { type: "string" } } },
      "x-kubernetes-list-type": "map",
      "x-kubernetes-list-map-keys": ["name"],
    });
    expect(problems(map, { x: [{ name: "a" }, { name: "a", port: 1 }] })).toEqual([
      'spec.x[1]: Duplicate value: {"name":"a"}',
    ]);
  });

  it("lets pass on an update what was so before", () => {
    const schema: Schema = {
      type: "object",
      properties: { x: { type: "string", pattern: "^b$" }, y: { type: "string" } },
    };
    expect(problems(schema, { x: "a", y: "2" }, { x: "a", y: "1" })).toEqual([]);
    expect(problems(schema, { x: "aa", y: "1" }, { x: "a", y: "1" })).toHaveLength(1);
  });
});

describe("an object's metadata", () => {
  it("has a name in the form of a domain", () => {
    expect(metadataProblems({ name: "Not_One" })).toEqual([
      expect.stringMatching(/^metadata\.name: Invalid value: "Not_One": a lowercase RFC 1123 subdomain must/),
    ]);
    expect(metadataProblems({ name: undefined })).toEqual([
      "metadata.name: Required value: name or generateName is required",
    ]);
  });

  it("has members of the right types", () => {
    expect(metadataProblems({ labels: { a: 1 } })).toEqual([
      'metadata.labels.a: Invalid value: "integer": metadata.labels.a in body must be of type string: "integer"',
    ]);
  });

  it("has labels and annotations in their forms, and no more annotations than fit", () => {
    expect(metadataProblems({ labels: { "a b": "x" } })).toHaveLength(1);
    expect(metadataProblems({ labels: { a: "x y" } })).toHaveLength(1);
    expect(metadataProblems({ annotations: { "a b": "x" } })).toHaveLength(1);
    expect(metadataProblems({ annotations: { a: "x".repeat(262_144) } })).toEqual([
      "metadata.annotations: Too long: may not be more than 262144 bytes",
    ]);
  });

  it("has one controller at most, and whole references", () => {
    const owner = { apiVersion: "v1", kind: "Pod", name: "p", uid: "1", controller: true };
    expect(metadataProblems({ ownerReferences: [owner] })).toEqual([]);
    expect(metadataProblems({ ownerReferences: [owner, { ...owner, name: "q" }] })).toHaveLength(1);
    expect(metadataProblems({ ownerReferences: [{ ...owner, uid: "" }] })).toEqual([
      'metadata.ownerReferences.uid: Invalid value: "": must not be empty',
    ]);
  });

  it("keeps its identity, and gets no finalizers once it is deleted", () => {
    expect(metadataProblems({ uid: "2" }, { uid: "1" })).toEqual([
      'metadata.uid: Invalid value: "2": field is immutable',
    ]);
    const deleted = { deletionTimestamp: "2026-01-01T00:00:00Z" };
    expect(metadataProblems({ ...deleted, finalizers: ["a/b"] }, deleted)).toEqual([
      'metadata.finalizers: Forbidden: no new finalizers can be added if the object is being deleted, found new finalizers []string{"a/b"}',
    ]);
  });
});
