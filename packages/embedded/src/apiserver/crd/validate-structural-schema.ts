import type { KubeObject } from "@sandgate/contract";
import { isJsonEqual, isJsonObject, type JsonObject } from "../patch/json-value.ts";
import { forbidden, invalidValue, notSupported, required, typeInvalid } from "../registry/field-errors.ts";
import type { FieldError } from "../registry/resource-definition.ts";
import { applyDefaults } from "../schema/apply-defaults.ts";
import { compilePattern } from "../schema/pattern.ts";
import { pruneUnknown } from "../schema/prune-unknown.ts";
import type { Schema, SchemaTable } from "../schema/schema.ts";
import { validateValue } from "../schema/validate-value.ts";
import { validateKeywordTypes } from "./validate-keyword-types.ts";
import { validateListExtensions } from "./validate-list-extensions.ts";
import { validateNestedValidation } from "./validate-nested-validation.ts";
import { validateRules } from "./validate-rules.ts";

const TYPES = ["array", "boolean", "integer", "number", "object", "string"];
const NOT_SUPPORTED = ["id", "additionalItems", "patternProperties", "definitions", "dependencies", "$ref"];
/** Deeper than this a schema is a mistake, or meant to do harm. */
const MAX_DEPTH = 64;
/** Custom resources refer to no types. */
const NO_TYPES: SchemaTable = {
  resolve(name) {
    return name.endsWith(".ObjectMeta")
      ? { type: "object", "x-kubernetes-preserve-unknown-fields": true }
      : {};
  },
};

type Level = "root" | "items" | "field";
const MISSING_TYPE: Readonly<Record<Level, string>> = {
  root: "must not be empty at the root",
  items: "must not be empty for specified array items",
  field: "must not be empty for specified object fields",
};

/** Checks that a schema is structural, as Kubernetes wants it of a custom resource: what a field is, is said in one place. */
export function validateStructuralSchema(errors: FieldError[], schema: JsonObject, at: string): void {
  if (schema["nullable"] === true)
    errors.push(forbidden(`${at}.nullable`, "nullable cannot be true at the root"));
  const before = errors.length;
  validateNode(errors, schema, at, "root", 0);
  // Defaults can be judged only by a schema that can be read.
  if (errors.length === before) validateDefaults(errors, schema, at, []);
}

function validateNode(
  errors: FieldError[],
  schema: JsonObject,
  at: string,
  level: Level,
  depth: number,
): void {
  if (depth > MAX_DEPTH) {
    errors.push(invalidValue(at, "", `must not be nested deeper than ${MAX_DEPTH} levels`));
    return;
  }
  if (!validateKeywordTypes(errors, schema, at)) return;
  validateKeywords(errors, schema, at);
  validateType(errors, schema, at, level);
  validateChildren(errors, schema, at, level, depth);
  validateResource(errors, schema, at, level);
  validateNestedValidation(errors, schema, at);
  validateListExtensions(errors, schema, at);
  validateRules(errors, schema, at);
}

function validateKeywords(errors: FieldError[], schema: JsonObject, at: string): void {
  for (const keyword of NOT_SUPPORTED) {
    if (schema[keyword] !== undefined)
      errors.push(forbidden(`${at}.${keyword}`, `${keyword} is not supported`));
  }
  if (schema["uniqueItems"] === true) {
    errors.push(
      forbidden(
        `${at}.uniqueItems`,
        "uniqueItems cannot be set to true since the runtime complexity becomes quadratic",
      ),
    );
  }
  const { pattern } = schema;
  if (typeof pattern === "string" && compilePattern(pattern) === undefined) {
    errors.push(invalidValue(`${at}.pattern`, pattern, "must be a valid regular expression, but isn't"));
  }
  const preserve = schema["x-kubernetes-preserve-unknown-fields"];
  if (preserve === false) {
    errors.push(
      invalidValue(`${at}.x-kubernetes-preserve-unknown-fields`, false, "must be true or undefined"),
    );
  }
  if (schema["x-kubernetes-int-or-string"] !== true) return;
  for (const other of ["x-kubernetes-preserve-unknown-fields", "x-kubernetes-embedded-resource"]) {
    if (schema[other] === true) {
      errors.push(
        invalidValue(`${at}.${other}`, true, "must be false if x-kubernetes-int-or-string is true"),
      );
    }
  }
}

function validateType(errors: FieldError[], schema: JsonObject, at: string, level: Level): void {
  const { type } = schema;
  const embedded = schema["x-kubernetes-embedded-resource"] === true;
  const unset = type === undefined || type === "";
  if (!unset && !TYPES.some((each) => each === type)) {
    if (type === "null") {
      errors.push(forbidden(`${at}.type`, "type cannot be set to null, use nullable as an alternative"));
    } else errors.push(notSupported(`${at}.type`, type, TYPES));
    return;
  }
  if (embedded && type !== "object") {
    const why = "must be object if x-kubernetes-embedded-resource is true";
    errors.push(unset ? required(`${at}.type`, why) : invalidValue(`${at}.type`, type, why));
  } else if (unset && !isOpen(schema)) errors.push(required(`${at}.type`, MISSING_TYPE[level]));
  if (level === "root" && !unset && type !== "object") {
    errors.push(invalidValue(`${at}.type`, type, "must be object at the root"));
  }
}

function isOpen(schema: JsonObject): boolean {
  return (
    schema["x-kubernetes-int-or-string"] === true || schema["x-kubernetes-preserve-unknown-fields"] === true
  );
}

function validateChildren(
  errors: FieldError[],
  schema: JsonObject,
  at: string,
  level: Level,
  depth: number,
): void {
  const { type, items, properties, additionalProperties } = schema;
  if (Array.isArray(items)) {
    errors.push(forbidden(`${at}.items`, "items must be a schema object and not an array"));
  } else if (isJsonObject(items)) validateNode(errors, items, `${at}.items`, "items", depth + 1);
  else if (items !== undefined) errors.push(typeInvalid(`${at}.items`, items, "must be a schema object"));
  else if (type === "array") errors.push(required(`${at}.items`, "must be specified"));
  if (isJsonObject(properties)) {
    for (const [name, property] of Object.entries(properties)) {
      const path = `${at}.properties[${name}]`;
      if (isJsonObject(property)) validateNode(errors, property, path, "field", depth + 1);
      else errors.push(invalidValue(path, property, "must be a schema object"));
    }
  }
  if (additionalProperties === undefined) return;
  const path = `${at}.additionalProperties`;
  if (level === "root") errors.push(forbidden(path, "must not be used at the root"));
  if (isJsonObject(properties) && Object.keys(properties).length > 0 && additionalProperties !== false) {
    errors.push(forbidden(path, "additionalProperties and properties are mutual exclusive"));
  }
  if (!isJsonObject(additionalProperties) && typeof additionalProperties !== "boolean") {
    errors.push(typeInvalid(path, additionalProperties, "must be a schema object or a boolean"));
  }
  if (isJsonObject(additionalProperties))
    validateNode(errors, additionalProperties, path, "field", depth + 1);
}

function validateResource(errors: FieldError[], schema: JsonObject, at: string, level: Level): void {
  const embedded = schema["x-kubernetes-embedded-resource"] === true;
  const properties = isJsonObject(schema["properties"]) ? schema["properties"] : {};
  if (embedded && schema["additionalProperties"] !== undefined) {
    errors.push(
      forbidden(`${at}.additionalProperties`, "must not be used if x-kubernetes-embedded-resource is set"),
    );
  }
  if (embedded && !isOpen(schema) && Object.keys(properties).length === 0) {
    errors.push(
      required(
        `${at}.properties`,
        "must not be empty if x-kubernetes-embedded-resource is true without x-kubernetes-preserve-unknown-fields",
      ),
    );
  }
  if (level !== "root" && !embedded) return;
  for (const name of ["apiVersion", "kind", "metadata"]) {
    const property = properties[name];
    const wanted = name === "metadata" ? "object" : "string";
    if (!isJsonObject(property) || property["type"] === wanted) continue;
    errors.push(invalidValue(`${at}.properties[${name}].type`, property["type"] ?? "", `must be ${wanted}`));
  }
  const { metadata } = properties;
  if (level !== "root" || !isJsonObject(metadata)) return;
  const { type: _, description: __, title: ___, properties: named, ...others } = metadata;
  const extra = Object.keys(isJsonObject(named) ? named : {}).filter(
    (name) => name !== "name" && name !== "generateName",
  );
  if (extra.length > 0 || Object.keys(others).length > 0) {
    errors.push(
      forbidden(
        `${at}.properties[metadata]`,
        "must not specify anything other than name and generateName, but metadata is implicitly specified",
      ),
    );
  }
}

/** A default has to be what the schema would leave of it, and valid. */
function validateDefaults(errors: FieldError[], schema: Schema, at: string, steps: readonly string[]): void {
  if (schema.default !== undefined) {
    if (steps.length === 0) errors.push(forbidden(`${at}.default`, "must not be set at the root"));
    else validateDefault(errors, schema, `${at}.default`);
  }
  for (const [name, property] of Object.entries(schema.properties ?? {})) {
    validateDefaults(errors, property, `${at}.properties[${name}]`, [...steps, name]);
  }
  if (schema.items !== undefined) validateDefaults(errors, schema.items, `${at}.items`, [...steps, "[]"]);
  if (typeof schema.additionalProperties === "object") {
    validateDefaults(errors, schema.additionalProperties, `${at}.additionalProperties`, [...steps, "*"]);
  }
}

function validateDefault(errors: FieldError[], schema: Schema, at: string): void {
  const holder: KubeObject & { value: unknown } = { metadata: {}, value: structuredClone(schema.default) };
  const wrapped: Schema = { type: "object", properties: { value: schema } };
  applyDefaults(holder, wrapped, NO_TYPES);
  const full = structuredClone(holder.value);
  pruneUnknown(holder, wrapped, NO_TYPES);
  if (!isJsonEqual(full, holder.value)) {
    errors.push(invalidValue(at, schema.default, "must not have unknown fields"));
    return;
  }
  const found: FieldError[] = [];
  validateValue({ types: NO_TYPES, typesOnly: false, errors: found }, holder.value, schema, "", undefined);
  for (const error of found)
    errors.push({ ...error, field: error.field === "" ? at : `${at}.${error.field}` });
}
