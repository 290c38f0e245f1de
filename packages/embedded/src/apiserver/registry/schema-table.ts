import type { Schema, SchemaTable } from "../schema/schema.ts";
import {
  enumValues,
  openApiTypeName,
  shortTypeName,
  tableType,
  type TableType,
  type TypeField,
} from "../tables/kubernetes-types.ts";

/** Types that are not an object with the fields of their Go struct. */
const WELL_KNOWN: Readonly<Record<string, Schema>> = {
  "meta.Time": { type: "string", format: "date-time", nullable: true },
  "meta.MicroTime": { type: "string", format: "date-time", nullable: true },
  "meta.FieldsV1": { type: "object", "x-kubernetes-preserve-unknown-fields": true },
  "resource.Quantity": {
    "x-kubernetes-int-or-string": true,
    oneOf: [{ type: "string" }, { type: "number" }],
  },
  "intstr.IntOrString": {
    "x-kubernetes-int-or-string": true,
    format: "int-or-string",
    oneOf: [{ type: "integer" }, { type: "string" }],
  },
  "runtime.RawExtension": { type: "object", "x-kubernetes-preserve-unknown-fields": true },
  "apiextensions.JSON": { "x-kubernetes-preserve-unknown-fields": true },
  "apiextensions.JSONSchemaPropsOrArray": { "x-kubernetes-preserve-unknown-fields": true },
  "apiextensions.JSONSchemaPropsOrBool": { "x-kubernetes-preserve-unknown-fields": true },
  "apiextensions.JSONSchemaPropsOrStringArray": { "x-kubernetes-preserve-unknown-fields": true },
  "authentication.ExtraValue": { type: "array", items: { type: "string" } },
  "authorization.ExtraValue": { type: "array", items: { type: "string" } },
};

const SCALARS: Readonly<Record<string, Schema>> = {
  string: { type: "string" },
  bool: { type: "boolean" },
  int32: { type: "integer", format: "int32" },
  int64: { type: "integer", format: "int64" },
  double: { type: "number", format: "double" },
  bytes: { type: "string", format: "byte" },
};

/**
 * The types of the built-in kinds, by their OpenAPI names. A type's schema is made when it is first asked for and is
 * the same object from then on.
 */
export function createSchemaTable(): SchemaTable {
  const made = new Map<string, Schema>();
  return {
    resolve(name) {
      const known = made.get(name);
      if (known !== undefined) return known;
      const schema = makeSchema(name);
      made.set(name, schema);
      return schema;
    },
  };
}

function makeSchema(name: string): Schema {
  const short = shortTypeName(name);
  const wellKnown = short === undefined ? undefined : WELL_KNOWN[short];
  if (wellKnown !== undefined) return wellKnown;
  const type = short === undefined ? undefined : tableType(short);
  if (type === undefined) throw new Error(`no such type: ${name}`);
  return objectSchema(type);
}

function objectSchema(type: TableType): Schema {
  const properties: Record<string, Schema> = {};
  const required: string[] = [];
  if (type.kind !== undefined) {
    properties["apiVersion"] = { type: "string" };
    properties["kind"] = { type: "string" };
  }
  for (const field of type.fields) {
    properties[field.name] = fieldSchema(field);
    if (field.required) required.push(field.name);
  }
  const schema: Schema = { type: "object", properties };
  if (required.length > 0) schema.required = required;
  if (isMapType(type.mapType)) schema["x-kubernetes-map-type"] = type.mapType;
  return schema;
}

function fieldSchema(field: TypeField): Schema {
  const { options } = field;
  let element: Schema = field.scalar ? { ...SCALARS[field.type] } : { $ref: openApiTypeName(field.type) };
  if (options["enum"] !== undefined) element.enum = enumValues(options["enum"]);
  if (options["default"] !== undefined) element.default = JSON.parse(options["default"]);
  if (field.shape === "list") {
    element = { type: "array", items: element };
    const listType = options["list"];
    if (listType === "atomic" || listType === "set" || listType === "map")
      element["x-kubernetes-list-type"] = listType;
    if (options["keys"] !== undefined) element["x-kubernetes-list-map-keys"] = options["keys"].split(",");
  } else if (field.shape === "map") {
    element = { type: "object", additionalProperties: element };
  }
  if (isMapType(options["map"])) element["x-kubernetes-map-type"] = options["map"];
  if (options["merge"] !== undefined) element["x-kubernetes-patch-merge-key"] = options["merge"];
  if (options["patch"] !== undefined) element["x-kubernetes-patch-strategy"] = options["patch"];
  return element;
}

function isMapType(text: string | undefined): text is "atomic" | "granular" {
  return text === "atomic" || text === "granular";
}
