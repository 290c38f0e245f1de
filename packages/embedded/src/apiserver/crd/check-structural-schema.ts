import type { KubeObject } from "@sandgate/contract";
import { isJsonEqual, isJsonObject, type JsonObject } from "../patch/json-value.ts";
import { forbidden, invalidValue, notSupported, required, typeInvalid } from "../registry/field-errors.ts";
import type { Errors } from "../registry/validation/checks.ts";
import type { FieldError } from "../registry/resource-definition.ts";
import { applyDefaults } from "../schema/apply-defaults.ts";
import { compilePattern } from "../schema/pattern.ts";
import { pruneUnknown } from "../schema/prune-unknown.ts";
import type { Schema, SchemaTable } from "../schema/schema.ts";
import { validateValue } from "../schema/validate-value.ts";
import { checkKeywordTypes } from "./check-keyword-types.ts";
import { checkListExtensions } from "./check-list-extensions.ts";
import { checkNestedValidation } from "./check-nested-validation.ts";
import { checkRules } from "./check-rules.ts";

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
export function* checkStructuralSchema(schema: JsonObject, at: string): Errors {
  if (schema["nullable"] === true) yield forbidden(`${at}.nullable`, "nullable cannot be true at the root");
  const found = [...checkNode(schema, at, "root", 0)];
  yield* found;
  // Defaults can be judged only by a schema that can be read.
  if (found.length === 0) yield* checkDefaults(schema, at, []);
}

function* checkNode(schema: JsonObject, at: string, level: Level, depth: number): Errors {
  if (depth > MAX_DEPTH) {
    yield invalidValue(at, "", `must not be nested deeper than ${MAX_DEPTH} levels`);
    return;
  }
  const mistyped = [...checkKeywordTypes(schema, at)];
  yield* mistyped;
  if (mistyped.length > 0) return;
  yield* checkKeywords(schema, at);
  yield* checkType(schema, at, level);
  yield* checkChildren(schema, at, level, depth);
  yield* checkResource(schema, at, level);
  yield* checkNestedValidation(schema, at);
  yield* checkListExtensions(schema, at);
  yield* checkRules(schema, at);
}

function* checkKeywords(schema: JsonObject, at: string): Errors {
  for (const keyword of NOT_SUPPORTED) {
    if (schema[keyword] !== undefined) yield forbidden(`${at}.${keyword}`, `${keyword} is not supported`);
  }
  if (schema["uniqueItems"] === true) {
    yield forbidden(
      `${at}.uniqueItems`,
      "uniqueItems cannot be set to true since the runtime complexity becomes quadratic",
    );
  }
  const { pattern } = schema;
  if (typeof pattern === "string" && compilePattern(pattern) === undefined) {
    yield invalidValue(`${at}.pattern`, pattern, "must be a valid regular expression, but isn't");
  }
  const preserve = schema["x-kubernetes-preserve-unknown-fields"];
  if (preserve === false) {
    yield invalidValue(`${at}.x-kubernetes-preserve-unknown-fields`, false, "must be true or undefined");
  }
  if (schema["x-kubernetes-int-or-string"] !== true) return;
  for (const other of ["x-kubernetes-preserve-unknown-fields", "x-kubernetes-embedded-resource"]) {
    if (schema[other] === true) {
      yield invalidValue(`${at}.${other}`, true, "must be false if x-kubernetes-int-or-string is true");
    }
  }
}

function* checkType(schema: JsonObject, at: string, level: Level): Errors {
  const { type } = schema;
  const embedded = schema["x-kubernetes-embedded-resource"] === true;
  const unset = type === undefined || type === "";
  if (!unset && !TYPES.some((each) => each === type)) {
    if (type === "null") {
      yield forbidden(`${at}.type`, "type cannot be set to null, use nullable as an alternative");
    } else yield notSupported(`${at}.type`, type, TYPES);
    return;
  }
  if (embedded && type !== "object") {
    const why = "must be object if x-kubernetes-embedded-resource is true";
    yield unset ? required(`${at}.type`, why) : invalidValue(`${at}.type`, type, why);
  } else if (unset && !isOpen(schema)) yield required(`${at}.type`, MISSING_TYPE[level]);
  if (level === "root" && !unset && type !== "object") {
    yield invalidValue(`${at}.type`, type, "must be object at the root");
  }
}

function isOpen(schema: JsonObject): boolean {
  return (
    schema["x-kubernetes-int-or-string"] === true || schema["x-kubernetes-preserve-unknown-fields"] === true
  );
}

function* checkChildren(schema: JsonObject, at: string, level: Level, depth: number): Errors {
  const { type, items, properties, additionalProperties } = schema;
  if (Array.isArray(items)) {
    yield forbidden(`${at}.items`, "items must be a schema object and not an array");
  } else if (isJsonObject(items)) yield* checkNode(items, `${at}.items`, "items", depth + 1);
  else if (items !== undefined) yield typeInvalid(`${at}.items`, items, "must be a schema object");
  else if (type === "array") yield required(`${at}.items`, "must be specified");
  if (isJsonObject(properties)) {
    for (const [name, property] of Object.entries(properties)) {
      const path = `${at}.properties[${name}]`;
      if (isJsonObject(property)) yield* checkNode(property, path, "field", depth + 1);
      else yield invalidValue(path, property, "must be a schema object");
    }
  }
  if (additionalProperties === undefined) return;
  const path = `${at}.additionalProperties`;
  if (level === "root") yield forbidden(path, "must not be used at the root");
  if (isJsonObject(properties) && Object.keys(properties).length > 0 && additionalProperties !== false) {
    yield forbidden(path, "additionalProperties and properties are mutual exclusive");
  }
  if (!isJsonObject(additionalProperties) && typeof additionalProperties !== "boolean") {
    yield typeInvalid(path, additionalProperties, "must be a schema object or a boolean");
  }
  if (isJsonObject(additionalProperties)) yield* checkNode(additionalProperties, path, "field", depth + 1);
}

function* checkResource(schema: JsonObject, at: string, level: Level): Errors {
  const embedded = schema["x-kubernetes-embedded-resource"] === true;
  const properties = isJsonObject(schema["properties"]) ? schema["properties"] : {};
  if (embedded && schema["additionalProperties"] !== undefined) {
    yield forbidden(
      `${at}.additionalProperties`,
      "must not be used if x-kubernetes-embedded-resource is set",
    );
  }
  if (embedded && !isOpen(schema) && Object.keys(properties).length === 0) {
    yield required(
      `${at}.properties`,
      "must not be empty if x-kubernetes-embedded-resource is true without x-kubernetes-preserve-unknown-fields",
    );
  }
  if (level !== "root" && !embedded) return;
  for (const name of ["apiVersion", "kind", "metadata"]) {
    const property = properties[name];
    const wanted = name === "metadata" ? "object" : "string";
    if (!isJsonObject(property) || property["type"] === wanted) continue;
    yield invalidValue(`${at}.properties[${name}].type`, property["type"] ?? "", `must be ${wanted}`);
  }
  const { metadata } = properties;
  if (level !== "root" || !isJsonObject(metadata)) return;
  const { type: _, description: __, title: ___, properties: named, ...others } = metadata;
  const extra = Object.keys(isJsonObject(named) ? named : {}).filter(
    (name) => name !== "name" && name !== "generateName",
  );
  if (extra.length > 0 || Object.keys(others).length > 0) {
    yield forbidden(
      `${at}.properties[metadata]`,
      "must not specify anything other than name and generateName, but metadata is implicitly specified",
    );
  }
}

/** A default has to be what the schema would leave of it, and valid. */
function* checkDefaults(schema: Schema, at: string, steps: readonly string[]): Errors {
  if (schema.default !== undefined) {
    if (steps.length === 0) yield forbidden(`${at}.default`, "must not be set at the root");
    else yield* checkDefault(schema, `${at}.default`);
  }
  for (const [name, property] of Object.entries(schema.properties ?? {})) {
    yield* checkDefaults(property, `${at}.properties[${name}]`, [...steps, name]);
  }
  if (schema.items !== undefined) yield* checkDefaults(schema.items, `${at}.items`, [...steps, "[]"]);
  if (typeof schema.additionalProperties === "object") {
    yield* checkDefaults(schema.additionalProperties, `${at}.additionalProperties`, [...steps, "*"]);
  }
}

function* checkDefault(schema: Schema, at: string): Errors {
  const holder: KubeObject & { value: unknown } = { metadata: {}, value: structuredClone(schema.default) };
  const wrapped: Schema = { type: "object", properties: { value: schema } };
  applyDefaults(holder, wrapped, NO_TYPES);
  const full = structuredClone(holder.value);
  pruneUnknown(holder, wrapped, NO_TYPES);
  if (!isJsonEqual(full, holder.value)) {
    yield invalidValue(at, schema.default, "must not have unknown fields");
    return;
  }
  const found: FieldError[] = [];
  validateValue({ types: NO_TYPES, typesOnly: false, errors: found }, holder.value, schema, "", undefined);
  for (const error of found) yield { ...error, field: error.field === "" ? at : `${at}.${error.field}` };
}
