import { isJsonEqual, isJsonObject } from "../patch/json-value.ts";
import { invalidValue, required } from "../registry/field-errors.ts";
import { correlatedItem } from "./correlate.ts";
import type { Schema } from "./schema.ts";
import { OBJECT_META, followReference, memberPath, memberSchema } from "./schema-walk.ts";
import { validateEmbeddedMetadata } from "./validate-metadata.ts";
import { validateValue, type Validation } from "./validate-value.ts";

const withEmbedded = new WeakMap<Schema, boolean>();

/** Checks objects within an object (`x-kubernetes-embedded-resource`) for what makes them Kubernetes objects. */
export function validateEmbedded(
  validation: Validation,
  value: unknown,
  schema: Schema,
  path: string,
  previous: unknown,
): void {
  if (!hasEmbedded(schema)) return;
  const { errors, types } = validation;
  const before = errors.length;
  if (Array.isArray(value)) {
    if (schema.items === undefined) return;
    for (const [index, element] of value.entries()) {
      const old = correlatedItem(schema, element, previous);
      validateEmbedded(validation, element, followReference(schema.items, types), `${path}[${index}]`, old);
    }
  } else if (isJsonObject(value)) {
    if (schema["x-kubernetes-embedded-resource"] === true) validateTypeMeta(validation, value, path);
    for (const name in value) {
      const member = memberSchema(schema, name);
      const old = isJsonObject(previous) ? previous[name] : undefined;
      if (member !== undefined)
        validateEmbedded(
          validation,
          value[name],
          followReference(member, types),
          memberPath(path, name),
          old,
        );
    }
  }
  if (errors.length > before && previous !== undefined && isJsonEqual(value, previous))
    errors.length = before;
}

function validateTypeMeta(validation: Validation, object: Record<string, unknown>, path: string): void {
  const { errors, types } = validation;
  for (const name of ["apiVersion", "kind"] as const) {
    const value = object[name];
    const at = memberPath(path, name);
    if (value === undefined) errors.push(required(at));
    else if (typeof value !== "string") errors.push(invalidValue(at, value, "must be a string"));
    else if (value === "") errors.push(invalidValue(at, value, "must not be empty"));
    else if (name === "apiVersion" && value.split("/").length > 2) {
      errors.push(invalidValue(at, value, `unexpected GroupVersion string: ${value}`));
    }
  }
  const { metadata } = object;
  if (metadata === undefined || metadata === null) return;
  const at = memberPath(path, "metadata");
  if (!isJsonObject(metadata)) {
    errors.push(invalidValue(at, metadata, "must be an object"));
    return;
  }
  const before = errors.length;
  validateValue({ types, typesOnly: true, errors }, metadata, types.resolve(OBJECT_META), at, undefined);
  if (errors.length === before) errors.push(...validateEmbeddedMetadata(metadata, at));
}

/** Whether there is such an object anywhere below; most schemas have none. */
function hasEmbedded(schema: Schema): boolean {
  const known = withEmbedded.get(schema);
  if (known !== undefined) return known;
  withEmbedded.set(schema, false);
  const { properties, items, additionalProperties } = schema;
  const below = [
    ...Object.values(properties ?? {}),
    ...(items === undefined ? [] : [items]),
    ...(typeof additionalProperties === "object" ? [additionalProperties] : []),
  ];
  const found = schema["x-kubernetes-embedded-resource"] === true || below.some(hasEmbedded);
  withEmbedded.set(schema, found);
  return found;
}
