import type { KubeObject } from "@sandgate/contract";
import { isJsonObject, type JsonObject } from "../patch/json-value.ts";
import type { Schema, SchemaTable } from "./schema.ts";
import { followReference, memberSchema } from "./schema-walk.ts";

/**
 * Fills in what the schema has a default for, in place. A null is dropped where the schema does not allow it, and the
 * default takes its place; where it is allowed it is a value as any other. Defaults go into defaults.
 */
export function applyDefaults(object: KubeObject, schema: Schema, types: SchemaTable): void {
  const root = object as unknown as JsonObject;
  const metadata = root["metadata"];
  if (isJsonObject(metadata)) dropNulls(metadata);
  fillObject(root, followReference(schema, types), types, true);
}

function dropNulls(object: JsonObject): void {
  for (const name in object) if (object[name] === null) Reflect.deleteProperty(object, name);
}

function fill(value: unknown, schema: Schema, types: SchemaTable): void {
  if (Array.isArray(value)) {
    if (schema.items !== undefined) fillList(value, schema.items, types);
  } else if (isJsonObject(value)) {
    fillObject(value, schema, types, schema["x-kubernetes-embedded-resource"] === true);
  }
}

/** A list keeps its nulls: there is no place that could be left empty. */
function fillList(list: unknown[], items: Schema, types: SchemaTable): void {
  const itemSchema = followReference(items, types);
  for (let index = 0; index < list.length; index++) {
    if (list[index] === null && items.default !== undefined && itemSchema.nullable !== true) {
      list[index] = structuredClone(items.default);
    }
    fill(list[index], itemSchema, types);
  }
}

function fillObject(object: JsonObject, schema: Schema, types: SchemaTable, isResource: boolean): void {
  const { properties, additionalProperties } = schema;
  if (properties !== undefined) {
    for (const name in properties) {
      const property = properties[name];
      if (property?.default === undefined) continue;
      const present = Object.hasOwn(object, name) ? object[name] : undefined;
      if (present === undefined || (present === null && !isNullable(property, types))) {
        object[name] = structuredClone(property.default);
      }
    }
  }
  if (properties === undefined && typeof additionalProperties !== "object") return;
  for (const name in object) {
    if (isResource && name === "metadata") continue;
    const reference = memberSchema(schema, name);
    if (reference === undefined) continue;
    const value = object[name];
    if (value === null) {
      if (isNullable(reference, types)) continue;
      if (reference.default === undefined) Reflect.deleteProperty(object, name);
      else object[name] = structuredClone(reference.default);
    }
    if (typeof object[name] === "object") fill(object[name], followReference(reference, types), types);
  }
}

function isNullable(schema: Schema, types: SchemaTable): boolean {
  return schema.nullable === true || followReference(schema, types).nullable === true;
}
