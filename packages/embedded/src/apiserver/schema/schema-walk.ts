import { ownMember } from "../patch/json-value.ts";
import { resolveSchema, type Schema, type SchemaTable } from "./schema.ts";

/** Name under which the table has the schema of every object's metadata. */
export const OBJECT_META = "io.k8s.apimachinery.pkg.apis.meta.v1.ObjectMeta";

/** Members that every object has, whatever its schema says. */
export function isTypeMeta(name: string): boolean {
  return name === "apiVersion" || name === "kind" || name === "metadata";
}

/** Schema of an object's member: its own, or that of all other members; undefined if there is neither. */
export function memberSchema(schema: Schema, name: string): Schema | undefined {
  const own = propertySchema(schema, name);
  if (own !== undefined) return own;
  return typeof schema.additionalProperties === "object" ? schema.additionalProperties : undefined;
}

/** Schema of a member that the schema names. */
export function propertySchema(schema: Schema, name: string): Schema | undefined {
  const { properties } = schema;
  return properties === undefined ? undefined : (ownMember(properties, name) as Schema | undefined);
}

/** What is said of a member, in its place or where it refers to. The default stands beside the reference. */
export function followReference(schema: Schema, types: SchemaTable): Schema {
  return schema.$ref === undefined ? schema : resolveSchema(schema, types);
}

/** `spec.name`, or `name` at the top. */
export function memberPath(path: string, name: string): string {
  return path === "" ? name : `${path}.${name}`;
}
