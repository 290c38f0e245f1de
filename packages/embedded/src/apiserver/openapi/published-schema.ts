// How the schemas that the server works with are shown to clients: with descriptions, with references in the words of
// either version of OpenAPI, and without what only the server understands.
import type { Schema, SchemaTable } from "../schema/schema.ts";
import { shortTypeName, tableType } from "../tables/kubernetes-types.ts";
import { describeField, describeType } from "./descriptions.ts";
import { describeEmbeddedTypes } from "./embedded-types.ts";

export type Json = Record<string, unknown>;
export type OpenApiForm = "v2" | "v3";

const REFERENCE = { v2: "#/definitions/", v3: "#/components/schemas/" } as const;

/** Types that are published otherwise than the server reads them. */
const PUBLISHED: Readonly<Record<string, Readonly<Record<OpenApiForm, Json>>>> = {
  "meta.Time": same({ type: "string", format: "date-time" }),
  "meta.MicroTime": same({ type: "string", format: "date-time" }),
  "meta.FieldsV1": same({ type: "object" }),
  "runtime.RawExtension": same({ type: "object" }),
  "resource.Quantity": { v2: { type: "string" }, v3: { oneOf: [{ type: "string" }, { type: "number" }] } },
  "intstr.IntOrString": {
    v2: { type: "string", format: "int-or-string" },
    v3: { format: "int-or-string", oneOf: [{ type: "integer" }, { type: "string" }] },
  },
  "apiextensions.JSON": same({}),
  "apiextensions.JSONSchemaPropsOrArray": same({}),
  "apiextensions.JSONSchemaPropsOrBool": same({}),
  "apiextensions.JSONSchemaPropsOrStringArray": same({}),
};

/** Keywords that OpenAPI v2 does not have. */
const V3_ONLY = new Set(["anyOf", "oneOf", "not", "nullable"]);

export function reference(name: string, form: OpenApiForm): Json {
  return { $ref: REFERENCE[form] + name };
}

/** A type of the table under its OpenAPI name. `used` gets the names that it refers to. */
export function publishType(
  name: string,
  types: SchemaTable,
  form: OpenApiForm,
  used: (name: string) => void,
): Json {
  const short = shortTypeName(name) ?? "";
  const description = describeType(short);
  const special = PUBLISHED[short];
  const body = special === undefined ? publishObject(short, types.resolve(name), form, used) : special[form];
  return { ...(description === undefined ? {} : { description }), ...body, ...kindOf(short) };
}

function kindOf(short: string): Json {
  const kind = tableType(short)?.kind;
  return kind === undefined ? {} : { "x-kubernetes-group-version-kind": [kind] };
}

function publishObject(short: string, schema: Schema, form: OpenApiForm, used: (name: string) => void): Json {
  const { properties, ...rest } = schema;
  const published: Json = { ...rest };
  if (properties !== undefined) {
    published["properties"] = Object.fromEntries(
      Object.entries(properties).map(([name, property]) => [
        name,
        publishMember(property, describeField(short, name, property), form, used),
      ]),
    );
  }
  return published;
}

function publishMember(
  schema: Schema,
  description: string | undefined,
  form: OpenApiForm,
  used: (name: string) => void,
): Json {
  const published: Json = {};
  if (description !== undefined) published["description"] = description;
  const { $ref, items, additionalProperties, ...rest } = schema;
  Object.assign(published, rest);
  if (items !== undefined) published["items"] = publishMember(items, undefined, form, used);
  if (additionalProperties !== undefined) {
    published["additionalProperties"] =
      typeof additionalProperties === "object"
        ? publishMember(additionalProperties, undefined, form, used)
        : additionalProperties;
  }
  if ($ref !== undefined) {
    used($ref);
    // Beside a reference OpenAPI v3 ignores everything, so what is said of the member wraps it.
    const alone = form === "v2" || Object.keys(published).length === 0;
    Object.assign(published, alone ? reference($ref, form) : { allOf: [reference($ref, form)] });
  }
  return published;
}

/** The schema of a custom resource, with the members that every kind has. */
export function publishCustom(
  schema: Schema,
  kind: { group: string; version: string; kind: string },
  form: OpenApiForm,
  used: (name: string) => void,
): Json {
  const described = describeEmbeddedTypes(schema);
  const own = form === "v2" ? forV2(described) : { ...described };
  const properties: Json = { ...(own["properties"] as Json | undefined) };
  const meta = "io.k8s.apimachinery.pkg.apis.meta.v1.ObjectMeta";
  for (const name of ["apiVersion", "kind"]) {
    properties[name] = { description: describeField("", name, {}), type: "string" };
  }
  properties["metadata"] = publishMember({ $ref: meta }, describeField("", "metadata", {}), form, used);
  return { ...own, type: "object", properties, "x-kubernetes-group-version-kind": [kind] };
}

/** A schema of v3 as far as v2 can say it; what a field may hold besides goes unsaid rather than wrong. */
function forV2(schema: Schema): Json {
  const published: Json = {};
  const open =
    schema["x-kubernetes-preserve-unknown-fields"] === true || schema["x-kubernetes-int-or-string"] === true;
  for (const [key, value] of Object.entries(schema)) {
    if (V3_ONLY.has(key) || key === "allOf" || key === "default" || key === "x-kubernetes-validations")
      continue;
    if ((open || schema.nullable === true) && (key === "type" || key === "properties" || key === "items"))
      continue;
    published[key] = value;
  }
  if (published["properties"] !== undefined && schema.properties !== undefined) {
    published["properties"] = Object.fromEntries(
      Object.entries(schema.properties).map(([name, property]) => [name, forV2(property)]),
    );
  }
  if (published["items"] !== undefined && schema.items !== undefined)
    published["items"] = forV2(schema.items);
  if (typeof schema.additionalProperties === "object") {
    published["additionalProperties"] = forV2(schema.additionalProperties);
  }
  return published;
}

/** The list of a kind. */
export function publishList(
  item: string,
  list: { group: string; version: string; kind: string },
  form: OpenApiForm,
  used: (name: string) => void,
): Json {
  const meta = "io.k8s.apimachinery.pkg.apis.meta.v1.ListMeta";
  used(meta);
  return {
    description: `Objects of kind ${list.kind.replace(/List$/, "")}.`,
    type: "object",
    required: ["items"],
    properties: {
      apiVersion: { description: describeField("", "apiVersion", {}), type: "string" },
      items: { description: "The objects.", type: "array", items: reference(item, form) },
      kind: { description: describeField("", "kind", {}), type: "string" },
      metadata: publishMember({ $ref: meta }, "Version of the list, and where it continues.", form, used),
    },
    "x-kubernetes-group-version-kind": [list],
  };
}

function same(json: Json): Readonly<Record<OpenApiForm, Json>> {
  return { v2: json, v3: json };
}
