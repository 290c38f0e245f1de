import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { FieldError } from "../registry/resource-definition.ts";
import { checkRules } from "../schema/cel/check-rules.ts";
import type { Schema } from "../schema/schema.ts";
import { validateValue } from "../schema/validate-value.ts";
import { validateCrd } from "./validate-crd.ts";

type Fields = Record<string, unknown>;

function problems(spec: Fields, schema: unknown = { type: "object" }, name = "foos.ex.com"): string[] {
  const versions = [{ name: "v1", served: true, storage: true, schema: { openAPIV3Schema: schema } }];
  const names = { plural: "foos", singular: "foo", kind: "Foo", listKind: "FooList" };
  const whole = { group: "ex.com", names, scope: "Namespaced", versions, ...spec };
  const object = { kind: "CustomResourceDefinition", metadata: { name }, spec: whole };
  return validateCrd(object, undefined).map(({ field, message }) => `${field}: ${message}`);
}

function fieldProblems(property: Fields): string[] {
  const schema = { type: "object", properties: { spec: { type: "object", properties: { a: property } } } };
  const at = "spec.versions[0].schema.openAPIV3Schema.properties[spec].properties[a]";
  return problems({}, schema).map((each) => each.replaceAll(at, "a"));
}

describe("a CustomResourceDefinition", () => {
  it("is called after its kind and group", () => {
    expect(problems({})).toEqual([]);
    expect(problems({}, undefined, "bars.ex.com")).toEqual([
      'metadata.name: Invalid value: "bars.ex.com": must be spec.names.plural+"."+spec.group',
    ]);
  });

  it("stores one of its versions, and names none twice", () => {
    const version = {
      name: "v1",
      served: true,
      storage: true,
      schema: { openAPIV3Schema: { type: "object" } },
    };
    expect(problems({ versions: [{ ...version, storage: false }] })).toEqual([
      'spec.versions: Invalid value: ["v1"]: must have exactly one version marked as storage version',
    ]);
    expect(problems({ versions: [version, { ...version, storage: false }] })).toEqual([
      'spec.versions: Invalid value: ["v1","v1"]: must contain unique version names',
    ]);
  });

  it("has its versions converted by a webhook with a URL, not by one that a Service leads to", () => {
    const conversion = (clientConfig: Fields): Fields => ({
      conversion: { strategy: "Webhook", webhook: { conversionReviewVersions: ["v1"], clientConfig } },
    });
    expect(problems(conversion({ url: "https://localhost:1/convert" }))).toEqual([]);
    expect(problems(conversion({ service: { name: "a", namespace: "b" } }))).toEqual([
      "spec.conversion.webhook.clientConfig.service: Forbidden: this API server cannot reach a webhook by its Service; give the webhook's address in url",
    ]);
    expect(problems(conversion({ url: "http://x/y" }))).toEqual([
      `spec.conversion.webhook.clientConfig.url: Invalid value: "http": 'https' is the only allowed URL scheme; desired format: https://host[/path]`,
    ]);
  });

  it.each<[Fields, string]>([
    [{}, "a.type: Required value: must not be empty for specified object fields"],
    [{ type: "array" }, "a.items: Required value: must be specified"],
    [
      { type: "string", anyOf: [{ type: "string" }] },
      "a.anyOf[0].type: Forbidden: must be empty to be structural",
    ],
    [
      { type: "object", "x-kubernetes-preserve-unknown-fields": false },
      "a.x-kubernetes-preserve-unknown-fields: Invalid value: false: must be true or undefined",
    ],
    [
      { type: "array", items: { type: "object" }, "x-kubernetes-list-type": "map" },
      "a.x-kubernetes-list-map-keys: Required value: must not be empty if x-kubernetes-list-type is map",
    ],
    [
      { type: "string", default: 1 },
      'a.default: Invalid value: "integer":  in body must be of type string: "integer"',
    ],
    [
      { type: "object", properties: { x: { type: "string" } }, default: { y: 1 } },
      'a.default: Invalid value: {"y":1}: must not have unknown fields',
    ],
    [
      { type: "string", pattern: "(" },
      'a.pattern: Invalid value: "(": must be a valid regular expression, but isn\'t',
    ],
    [{ $ref: "#/x", type: "string" }, "a.$ref: Forbidden: $ref is not supported"],
  ])("has a structural schema: not %j", (property, problem) => {
    expect(fieldProblems(property)).toContain(problem);
  });

  it("has columns that can be read", () => {
    const schema = { openAPIV3Schema: { type: "object" } };
    const columns = (jsonPath: string): string[] =>
      problems({
        versions: [
          {
            name: "v1",
            served: true,
            storage: true,
            schema,
            additionalPrinterColumns: [{ name: "a", type: "string", jsonPath }],
          },
        ],
      });
    expect(columns(".status.conditions[?(@.type=='Ready')].status")).toEqual([]);
    expect(columns(".spec[")).toEqual([
      expect.stringContaining("spec.versions[0].additionalPrinterColumns[0].JSONPath: Invalid value"),
    ]);
    expect(columns("spec")).toEqual([expect.stringContaining("must be a simple json path starting with .")]);
  });

  it("can say in two ways what an int-or-string is", () => {
    const anyOf = [{ type: "integer" }, { type: "string" }];
    expect(fieldProblems({ "x-kubernetes-int-or-string": true, anyOf })).toEqual([]);
    expect(
      fieldProblems({ "x-kubernetes-int-or-string": true, allOf: [{ anyOf }, { pattern: "x" }] }),
    ).toEqual([]);
  });

  it("keeps the versions in which objects may be stored", () => {
    const object = {
      metadata: { name: "foos.ex.com" },
      spec: {
        group: "ex.com",
        names: { plural: "foos", singular: "foo", kind: "Foo", listKind: "FooList" },
        scope: "Cluster",
        versions: [
          { name: "v2", served: true, storage: true, schema: { openAPIV3Schema: { type: "object" } } },
        ],
      },
      status: { storedVersions: ["v1", "v2"] },
    };
    expect(validateCrd(object, undefined).map(({ field }) => field)).toEqual(["status.storedVersions[0]"]);
  });

  it("has keywords of the right types, however deep", () => {
    expect(fieldProblems({ type: "array", items: { type: "string", enum: 5 } })).toEqual([
      'a.items.enum: Invalid value: "number": must be of type array',
    ]);
    expect(fieldProblems({ type: "string", oneOf: [{ required: "x" }] })).toEqual([
      'a.oneOf[0].required: Invalid value: "string": must be of type array of strings',
    ]);
  });

  it("never lets a schema through that fails on some object", () => {
    const keyword = fc.constantFrom(
      "type",
      "enum",
      "required",
      "items",
      "properties",
      "oneOf",
      "not",
      "pattern",
      "default",
      "format",
      "additionalProperties",
      "nullable",
      "maxLength",
      "x-kubernetes-list-type",
      "x-kubernetes-list-map-keys",
      "x-kubernetes-validations",
    );
    const { schema } = fc.letrec<{ schema: unknown }>((tie) => ({
      schema: fc.oneof(
        { maxDepth: 4 },
        fc.constantFrom<unknown>({ type: "string" }, "object", "array", "map", ["a"], 1, null, true),
        fc.dictionary(keyword, tie("schema"), { maxKeys: 4 }),
        fc.dictionary(keyword, tie("schema"), { maxKeys: 3 }).map((more) => ({ type: "object", ...more })),
        fc.array(tie("schema"), { maxLength: 2 }),
      ),
    }));
    const types = { resolve: (): Schema => ({}) };
    fc.assert(
      fc.property(schema, fc.jsonValue(), (property, value) => {
        if (fieldProblems(property as Fields).length > 0) return;
        const errors: FieldError[] = [];
        validateValue({ types, typesOnly: false, errors }, value, property as Schema, "a", undefined);
        checkRules(value, property as Schema, value);
      }),
      { numRuns: 2000 },
    );
  });

  it("may be anything, and is judged without a throw", () => {
    const json = fc.jsonValue({ maxDepth: 3 });
    fc.assert(
      fc.property(
        fc.record(
          { group: json, names: json, scope: json, versions: json, conversion: json },
          { requiredKeys: [] },
        ),
        json,
        (spec, schema) => {
          problems(spec);
          problems({}, schema);
          fieldProblems(schema as Fields);
        },
      ),
      { numRuns: 300 },
    );
  });
});
