import { isJsonEqual, isJsonObject, type JsonObject } from "../patch/json-value.ts";
import {
  invalidValue,
  notSupported,
  required,
  tooLong,
  tooMany,
  typeInvalid,
} from "../registry/field-errors.ts";
import type { FieldError } from "../registry/resource-definition.ts";
import { correlatedItem } from "./correlate.ts";
import { hasFormat, isKnownFormat } from "./formats.ts";
import { compilePattern } from "./pattern.ts";
import type { Schema, SchemaTable } from "./schema.ts";
import { followReference, isTypeMeta, memberPath, memberSchema, propertySchema } from "./schema-walk.ts";

/** What a walk through a value carries along. */
export interface Validation {
  readonly types: SchemaTable;
  /**
   * Built-in types are read into fields of a program, which has a zero for what is absent or null: of their schemas
   * only the types count, and the kind's strategy does the rest.
   */
  readonly typesOnly: boolean;
  readonly errors: FieldError[];
}

/** What Kubernetes calls the format of a value that has the wrong type. */
const FORMAT_OF_TYPE: Readonly<Record<string, string>> = { integer: "int64", number: "float64" };
const LARGEST = { int32: 2 ** 31 - 1, int64: 2 ** 63 } as const;
/** Where errors of `oneOf` and its like are reported: Kubernetes names the place in the message only. */
const NOWHERE = "<nil>";

/**
 * Checks a value against its schema, below `path`. What is wrong but was so before, in an object that is updated, is
 * let pass: a stricter schema does not lock what exists.
 *
 * @param previous - The value as it was; undefined if there was none.
 */
export function validateValue(
  validation: Validation,
  value: unknown,
  schema: Schema,
  path: string,
  previous: unknown,
): void {
  const { errors, typesOnly } = validation;
  const before = errors.length;
  if (value === null) validateNull(validation, schema, path);
  else {
    validateType(validation, value, schema, path);
    if (!typesOnly) validateCombinations(validation, value, schema, path);
    if (typeof value === "string") validateText(validation, value, schema, path);
    else if (typeof value === "number") validateNumber(validation, value, schema, path);
    else if (Array.isArray(value)) validateList(validation, value, schema, path, previous);
    else if (isJsonObject(value)) validateMembers(validation, value, schema, path, previous);
    if (!typesOnly) validateEnum(validation, value, schema, path);
  }
  if (errors.length > before && previous !== undefined && isJsonEqual(value, previous))
    errors.length = before;
}

function validateNull(validation: Validation, schema: Schema, path: string): void {
  if (validation.typesOnly) return;
  const wanted = typeNames(schema);
  if (wanted !== "" && schema.nullable !== true) {
    validation.errors.push(typeInvalid(path, "null", `${path} in body must be of type ${wanted}: "null"`));
  }
  validateEnum(validation, null, schema, path);
}

function validateType({ errors }: Validation, value: unknown, schema: Schema, path: string): void {
  const wanted = typeNames(schema);
  if (wanted === "") return;
  const given = typeOf(value);
  const { type } = schema;
  const fits =
    type === undefined
      ? given === "integer" || given === "string"
      : given === type || (type === "number" && given === "integer");
  if (fits) return;
  // Where the schema has a format, Kubernetes speaks of formats.
  const format = typeof value === "string" || Array.isArray(value) ? undefined : formatOf(schema);
  const name = format === undefined ? given : (FORMAT_OF_TYPE[given] ?? "");
  const detail = `${path} in body must be of type ${format ?? wanted}: ${JSON.stringify(name)}`;
  errors.push(typeInvalid(path, name, detail));
}

/** The format of a schema, if it means something for its type. */
function formatOf({ type, format }: Schema): string | undefined {
  if (format === undefined) return undefined;
  if (type === "integer") return format === "int32" || format === "int64" ? format : undefined;
  if (type === "number") return format === "float" || format === "double" ? format : undefined;
  return isKnownFormat(format) ? format : undefined;
}

function typeNames(schema: Schema): string {
  if (schema["x-kubernetes-int-or-string"] === true) return "integer,string";
  return schema.type ?? "";
}

function typeOf(value: unknown): string {
  if (Array.isArray(value)) return "array";
  if (typeof value === "number") return Number.isInteger(value) ? "integer" : "number";
  return value === null ? "null" : typeof value;
}

function validateEnum({ errors }: Validation, value: unknown, schema: Schema, path: string): void {
  if (schema.enum === undefined || schema.enum.some((each) => isJsonEqual(each, value))) return;
  const supported = schema.enum.map((each) => (typeof each === "string" ? each : JSON.stringify(each)));
  errors.push(notSupported(path, value, supported));
}

function validateText({ errors, typesOnly }: Validation, value: string, schema: Schema, path: string): void {
  if (!typesOnly) {
    const problem = textProblem(value, schema, path);
    if (problem !== undefined) errors.push(problem);
  }
  const { type } = schema;
  const format = type === "integer" || type === "number" ? undefined : formatOf(schema);
  // Go writes no time as an empty text or null and reads it back as no time.
  if (format === undefined || hasFormat(format, value) || (typesOnly && value === "")) return;
  const detail = `${path} in body must be of type ${format}: ${JSON.stringify(value)}`;
  errors.push(typeInvalid(path, value, detail));
}

/** The first of what is wrong with a text. */
function textProblem(
  value: string,
  { pattern, maxLength, minLength }: Schema,
  path: string,
): FieldError | undefined {
  const length = maxLength === undefined && minLength === undefined ? 0 : lengthOf(value);
  if (maxLength !== undefined && length > maxLength) return tooLong(path, maxLength);
  if (minLength !== undefined && length < minLength) {
    return invalidValue(path, value, `${path} in body should be at least ${minLength} chars long`);
  }
  if (pattern === undefined || compilePattern(pattern)?.test(value) !== false) return undefined;
  return invalidValue(path, value, `${path} in body should match '${pattern}'`);
}

/** In characters as Go counts them: code points. */
function lengthOf(text: string): number {
  let count = 0;
  for (const _ of text) count++;
  return count;
}

function validateNumber(
  { errors, typesOnly }: Validation,
  value: number,
  schema: Schema,
  path: string,
): void {
  const { type, minimum, maximum, multipleOf } = schema;
  if (type === "integer") {
    const format = formatOf(schema);
    const largest = format === "int32" ? LARGEST.int32 : LARGEST.int64;
    if (!Number.isInteger(value) || value > largest || value < -largest - 1) {
      const kind = format === undefined ? "(default format)" : `with format ${format}`;
      errors.push(invalidValue(NOWHERE, "", `Checked value must be of type integer ${kind} in ${path}`));
    }
  }
  if (typesOnly) return;
  if (multipleOf !== undefined && multipleOf > 0 && !isMultiple(value, multipleOf)) {
    errors.push(invalidValue(path, value, `${path} in body should be a multiple of ${multipleOf}`));
  }
  if (maximum !== undefined) {
    const exclusive = schema.exclusiveMaximum === true;
    if (exclusive ? value >= maximum : value > maximum) {
      const than = exclusive ? "less than" : "less than or equal to";
      errors.push(invalidValue(path, value, `${path} in body should be ${than} ${maximum}`));
    }
  }
  if (minimum !== undefined) {
    const exclusive = schema.exclusiveMinimum === true;
    if (exclusive ? value <= minimum : value < minimum) {
      const than = exclusive ? "greater than" : "greater than or equal to";
      errors.push(invalidValue(path, value, `${path} in body should be ${than} ${minimum}`));
    }
  }
}

function isMultiple(value: number, factor: number): boolean {
  const quotient = value / factor;
  return Math.abs(quotient - Math.round(quotient)) < 1e-9 * Math.max(1, Math.abs(quotient));
}

function validateList(
  validation: Validation,
  list: readonly unknown[],
  schema: Schema,
  path: string,
  previous: unknown,
): void {
  const { errors, types } = validation;
  if (!validation.typesOnly) {
    if (schema.maxItems !== undefined && list.length > schema.maxItems) {
      errors.push(tooMany(path, list.length, schema.maxItems));
    }
    if (schema.minItems !== undefined && list.length < schema.minItems) {
      errors.push(
        invalidValue(path, list.length, `${path} in body should have at least ${schema.minItems} items`),
      );
    }
  }
  if (schema.items === undefined) return;
  const items = followReference(schema.items, types);
  for (let index = 0; index < list.length; index++) {
    const before = previous === undefined ? undefined : correlatedItem(schema, list[index], previous);
    validateValue(validation, list[index], items, `${path}[${index}]`, before);
  }
}

function validateMembers(
  validation: Validation,
  object: JsonObject,
  schema: Schema,
  path: string,
  previous: unknown,
): void {
  const { errors, types, typesOnly } = validation;
  const isResource = path === "" || schema["x-kubernetes-embedded-resource"] === true;
  const { minProperties, maxProperties } = schema;
  if (!typesOnly && (minProperties !== undefined || maxProperties !== undefined)) {
    const count = Object.keys(object).length;
    if (maxProperties !== undefined && count > maxProperties)
      errors.push(tooMany(path, count, maxProperties));
    if (minProperties !== undefined && count < minProperties) {
      errors.push(
        invalidValue(path, count, `${path} in body should have at least ${minProperties} properties`),
      );
    }
  }
  for (const name in object) {
    const value = object[name];
    if (value === undefined) continue;
    const fixed = isResource && isTypeMeta(name);
    if (fixed && typesOnly) continue;
    const member = fixed ? propertySchema(schema, name) : memberSchema(schema, name);
    if (member === undefined) continue;
    const before = isJsonObject(previous) && Object.hasOwn(previous, name) ? previous[name] : undefined;
    validateValue(validation, value, followReference(member, types), memberPath(path, name), before);
  }
  if (typesOnly || schema.required === undefined) return;
  for (const name of schema.required) {
    if (!Object.hasOwn(object, name) || object[name] === undefined)
      errors.push(required(memberPath(path, name)));
  }
}

function validateCombinations(validation: Validation, value: unknown, schema: Schema, path: string): void {
  const { allOf, anyOf, oneOf, not } = schema;
  const { errors } = validation;
  if (anyOf !== undefined) {
    const best = tryAll(validation, value, anyOf, path);
    if (best.fitting === 0) {
      errors.push(combination(path, "must validate at least one schema (anyOf)"), ...best.errors);
    }
  }
  if (oneOf !== undefined) {
    const best = tryAll(validation, value, oneOf, path);
    if (best.fitting !== 1) {
      const found = best.fitting === 0 ? "Found none valid" : `Found ${best.fitting} valid alternatives`;
      errors.push(
        combination(path, `must validate one and only one schema (oneOf). ${found}`),
        ...best.errors,
      );
    }
  }
  if (allOf !== undefined) {
    let fitting = 0;
    for (const each of allOf) {
      const found = tryOne(validation, value, each, path);
      if (found.length === 0) fitting++;
      errors.push(...found);
    }
    if (fitting < allOf.length) {
      errors.push(
        combination(path, `must validate all the schemas (allOf)${fitting === 0 ? ". None validated" : ""}`),
      );
    }
  }
  if (not !== undefined && tryOne(validation, value, not, path).length === 0) {
    errors.push(combination(path, "must not validate the schema (not)"));
  }
}

/** How many schemas a value fits, and if none, what is wrong by the one that it comes closest to. */
function tryAll(
  validation: Validation,
  value: unknown,
  schemas: readonly Schema[],
  path: string,
): { fitting: number; errors: readonly FieldError[] } {
  let fitting = 0;
  let closest: readonly FieldError[] | undefined;
  for (const schema of schemas) {
    const errors = tryOne(validation, value, schema, path);
    if (errors.length === 0) fitting++;
    else if (closest === undefined || errors.length < closest.length) closest = errors;
  }
  return { fitting, errors: fitting === 0 ? (closest ?? []) : [] };
}

function tryOne(validation: Validation, value: unknown, schema: Schema, path: string): readonly FieldError[] {
  const errors: FieldError[] = [];
  const attempt: Validation = { types: validation.types, typesOnly: false, errors };
  validateValue(attempt, value, followReference(schema, validation.types), path, undefined);
  return errors;
}

function combination(path: string, message: string): FieldError {
  return invalidValue(NOWHERE, "", `${JSON.stringify(path)} ${message}`);
}
