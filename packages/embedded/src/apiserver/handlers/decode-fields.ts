import { type JsonObject, isJsonObject } from "../patch/json-value.ts";
import { type Schema, type SchemaTable, resolveSchema } from "../schema/schema.ts";
import { ApiError } from "../server/api-error.ts";

/**
 * Brings a JSON value into the form that its type has, in place, as a server written in Go reads it: null means
 * absent, and a member that the type does not have is dropped.
 *
 * @param path - Where the value stands in its object, "" for the object itself.
 * @param unknown - Takes the paths of what is dropped.
 * @throws ApiError 400 for a value of another type.
 */
export function decodeFields(
  value: unknown,
  schema: Schema,
  types: SchemaTable,
  path: string,
  unknown: string[],
): void {
  const resolved = resolveSchema(schema, types);
  if (resolved["x-kubernetes-preserve-unknown-fields"] === true) return;
  if (resolved["x-kubernetes-int-or-string"] === true) {
    if (typeof value !== "string" && typeof value !== "number") throw mismatch(value, path, "int or string");
    return;
  }
  switch (resolved.type) {
    case "object":
      if (!isJsonObject(value)) throw mismatch(value, path, "object");
      decodeObject(value, resolved, types, path, unknown);
      return;
    case "array":
      if (!Array.isArray(value)) throw mismatch(value, path, "array");
      decodeArray(value, resolved, types, path, unknown);
      return;
    case "integer":
      if (!Number.isInteger(value)) throw mismatch(value, path, resolved.format ?? "int64");
      return;
    case "number":
    case "string":
    case "boolean":
      if (typeof value !== resolved.type) throw mismatch(value, path, resolved.type);
      return;
    default:
  }
}

function decodeObject(
  value: JsonObject,
  schema: Schema,
  types: SchemaTable,
  path: string,
  unknown: string[],
): void {
  const { properties, additionalProperties } = schema;
  for (const [name, member] of Object.entries(value)) {
    const where = path === "" ? name : `${path}.${name}`;
    const declared =
      properties !== undefined && Object.hasOwn(properties, name) ? properties[name] : undefined;
    const type = declared ?? (typeof additionalProperties === "object" ? additionalProperties : undefined);
    if (type === undefined) {
      if (additionalProperties === true) continue;
      unknown.push(where);
      delete value[name];
    } else if (member === null) {
      const resolved = resolveSchema(type, types);
      // In a map of strings null is the empty one; elsewhere it is as if the member were not there.
      if (declared === undefined && resolved.type === "string") value[name] = "";
      else if (resolved.nullable !== true) delete value[name];
    } else decodeFields(member, type, types, where, unknown);
  }
}

function decodeArray(
  value: unknown[],
  schema: Schema,
  types: SchemaTable,
  path: string,
  unknown: string[],
): void {
  if (schema.items === undefined) return;
  for (const [index, item] of value.entries()) {
    decodeFields(item, schema.items, types, `${path}[${index}]`, unknown);
  }
}

function mismatch(value: unknown, path: string, expected: string): ApiError {
  const found = value === null ? "null" : Array.isArray(value) ? "array" : typeof value;
  return new ApiError("BadRequest", `cannot read ${found} into field ${path || "."} of type ${expected}`);
}
