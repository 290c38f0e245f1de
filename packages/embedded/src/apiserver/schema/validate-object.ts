import type { KubeObject } from "@sandgate/contract";
import { isJsonObject } from "../patch/json-value.ts";
import { invalidValue } from "../registry/field-errors.ts";
import type { FieldError, ResourceDefinition } from "../registry/resource-definition.ts";
import { checkRules, hasRules } from "./cel/check-rules.ts";
import type { SchemaTable } from "./schema.ts";
import { OBJECT_META, followReference } from "./schema-walk.ts";
import { validateEmbedded } from "./validate-embedded.ts";
import { validateLists } from "./validate-lists.ts";
import { validateMetadata } from "./validate-metadata.ts";
import { validateValue, type Validation } from "./validate-value.ts";

export interface ObjectToValidate {
  readonly object: KubeObject;
  /** The object as it was, for an update. */
  readonly previous: KubeObject | undefined;
  readonly definition: ResourceDefinition;
  readonly types: SchemaTable;
}

const BLOCKING = new Set<FieldError["reason"]>([
  "FieldValueNotSupported",
  "FieldValueRequired",
  "FieldValueTooLong",
  "FieldValueTooMany",
  "FieldValueTypeInvalid",
]);
const NOT_CHECKED = invalidValue(
  "<nil>",
  null,
  "some validation rules were not checked because the object was invalid; correct the existing errors to complete validation",
);

/**
 * Checks an object of any kind: its metadata, then by its schema. What the schema forbids but the object already had
 * is let pass on an update.
 *
 * @returns What is wrong, in Kubernetes' words; empty if nothing is.
 */
export function validateObject({ object, previous, definition, types }: ObjectToValidate): FieldError[] {
  const typesOnly = !definition.custom;
  const schema = followReference(definition.schema, types);
  const shape: Validation = { types, typesOnly: true, errors: [] };
  validateMetadataTypes(shape, object);
  if (shape.errors.length > 0) return shape.errors;
  const validation: Validation = { types, typesOnly, errors: [] };
  validateValue(validation, object, schema, "", previous);
  const errors = [...validateMetadata(object, previous, definition), ...validation.errors];
  if (typesOnly) return errors;
  const lists: Validation = { ...validation, errors };
  validateEmbedded(lists, object, schema, "", previous);
  validateLists(lists, object, schema, "", previous);
  // Rules can count on what the schema says of types and lengths, so there has to be nothing wrong with these.
  if (errors.some(({ reason }) => BLOCKING.has(reason))) {
    if (hasRules(schema)) errors.push(NOT_CHECKED);
  } else errors.push(...checkRules(object, schema, previous));
  return errors;
}

/** Whatever else the metadata says can only be judged if its members are what they should be. */
function validateMetadataTypes(validation: Validation, { metadata }: KubeObject): void {
  const schema = validation.types.resolve(OBJECT_META);
  if (isJsonObject(metadata)) validateValue(validation, metadata, schema, "metadata", undefined);
  else validation.errors.push({ field: "metadata", reason: "FieldValueRequired", message: "Required value" });
}
