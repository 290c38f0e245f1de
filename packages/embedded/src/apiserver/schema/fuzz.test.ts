import type { KubeObject } from "@sandgate/contract";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { createSchemaTable } from "../registry/schema-table.ts";
import type { ResourceDefinition } from "../registry/resource-definition.ts";
import { applyDefaults } from "./apply-defaults.ts";
import { pruneUnknown } from "./prune-unknown.ts";
import type { Schema } from "./schema.ts";
import { validateObject } from "./validate-object.ts";

const types = createSchemaTable();
const NAMES = ["a", "b", "constructor", "toString", "metadata", "kind"];
const name = fc.constantFrom(...NAMES);

const { schema } = fc.letrec<{ schema: Schema }>((tie) => ({
  schema: fc.oneof(
    { maxDepth: 4 },
    fc.record<Schema>(
      {
        type: fc.constantFrom("string", "integer", "number", "boolean", "object", "array"),
        nullable: fc.boolean(),
        default: fc.jsonValue({ maxDepth: 2 }),
        format: fc.constantFrom("date-time", "int32", "byte", "duration", "ipv4", "unheard-of"),
        pattern: fc.constantFrom("^a", "(", "[0-9]+$", "(a+)+$"),
        minimum: fc.integer(),
        multipleOf: fc.constantFrom(0, 2, 0.1),
        maxLength: fc.nat(3),
        enum: fc.array(fc.jsonValue({ maxDepth: 1 }), { maxLength: 2 }),
        "x-kubernetes-int-or-string": fc.boolean(),
      },
      { requiredKeys: [] },
    ),
    fc.record<Schema>(
      {
        type: fc.constant("object" as const),
        properties: fc.dictionary(name, tie("schema"), { maxKeys: 3 }),
        additionalProperties: fc.oneof(fc.boolean(), tie("schema")),
        required: fc.array(name, { maxLength: 2 }),
        oneOf: fc.array(tie("schema"), { maxLength: 2 }),
        not: tie("schema"),
        "x-kubernetes-preserve-unknown-fields": fc.boolean(),
        "x-kubernetes-embedded-resource": fc.boolean(),
        "x-kubernetes-validations": fc.constantFrom(
          [],
          [{ rule: "self == oldSelf" }],
          [{ rule: "has(self.a) && self.a > 1" }],
          [{ rule: "self.all(k, self[k] != '')", optionalOldSelf: true }],
          [{ rule: "not ( a rule" }],
        ),
      },
      { requiredKeys: ["type"] },
    ),
    fc.record<Schema>(
      {
        type: fc.constant("array" as const),
        items: tie("schema"),
        "x-kubernetes-list-type": fc.constantFrom("atomic", "set", "map"),
        "x-kubernetes-list-map-keys": fc.array(name, { minLength: 1, maxLength: 2 }),
      },
      { requiredKeys: ["type"] },
    ),
  ),
}));

/** JSON whose members are often those that the schemas have. */
const { value } = fc.letrec<{ value: unknown }>((tie) => ({
  value: fc.oneof(
    { maxDepth: 4 },
    fc.jsonValue({ maxDepth: 1 }),
    fc.dictionary(name, tie("value"), { maxKeys: 3 }),
    fc.array(tie("value"), { maxLength: 3 }),
  ),
}));

function things(spec: Schema): ResourceDefinition {
  return {
    group: "example.com",
    version: "v1",
    kind: "Thing",
    listKind: "ThingList",
    plural: "things",
    singular: "thing",
    shortNames: [],
    categories: [],
    namespaced: false,
    storage: { group: "example.com", version: "v1" },
    schema: { type: "object", properties: { spec } },
    columns: [],
    subresources: {},
    custom: true,
    selectableFields: [],
    strategy: {},
  };
}

function thing(spec: unknown): KubeObject {
  return structuredClone({
    apiVersion: "example.com/v1",
    kind: "Thing",
    metadata: { name: "t" },
    spec,
  });
}

describe("any JSON against any schema", () => {
  it("is pruned, defaulted and validated without a throw, and pruning once is enough", () => {
    fc.assert(
      fc.property(schema, value, value, (spec, one, other) => {
        const definition = things(spec);
        const object = thing(one);
        pruneUnknown(object, definition.schema, types);
        const once = structuredClone(object);
        expect(pruneUnknown(object, definition.schema, types)).toEqual([]);
        expect(object).toEqual(once);
        applyDefaults(object, definition.schema, types);
        const full = structuredClone(object);
        applyDefaults(object, definition.schema, types);
        expect(object).toEqual(full);
        const errors = validateObject({ object, previous: undefined, definition, types });
        validateObject({ object, previous: thing(other), definition, types });
        for (const error of errors) expect(error.message).not.toBe("");
        expect(object).toEqual(full);
      }),
      { numRuns: 500 },
    );
  });
});
