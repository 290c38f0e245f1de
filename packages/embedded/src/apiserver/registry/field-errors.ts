import type { FieldError } from "./resource-definition.ts";

/** The messages of Kubernetes' field errors, one function per reason. */
export function required(field: string, detail = ""): FieldError {
  return { field, reason: "FieldValueRequired", message: withDetail("Required value", detail) };
}

export function invalidValue(field: string, value: unknown, detail: string): FieldError {
  return {
    field,
    reason: "FieldValueInvalid",
    message: withDetail(`Invalid value: ${quoted(value)}`, detail),
  };
}

export function notSupported(field: string, value: unknown, supported: readonly string[]): FieldError {
  const list = supported.map((each) => JSON.stringify(each));
  return {
    field,
    reason: "FieldValueNotSupported",
    message: withDetail(`Unsupported value: ${quoted(value)}`, `supported values: ${list.join(", ")}`),
  };
}

export function forbidden(field: string, detail: string): FieldError {
  return { field, reason: "FieldValueForbidden", message: withDetail("Forbidden", detail) };
}

export function duplicate(field: string, value: unknown): FieldError {
  return { field, reason: "FieldValueDuplicate", message: `Duplicate value: ${quoted(value)}` };
}

export function notFound(field: string, value: unknown): FieldError {
  return { field, reason: "FieldValueNotFound", message: `Not found: ${quoted(value)}` };
}

/** `limit` counts bytes. */
export function tooLong(field: string, limit: number): FieldError {
  return { field, reason: "FieldValueTooLong", message: `Too long: may not be more than ${limit} bytes` };
}

/** A value of another type; `detail` says which was wanted. */
export function typeInvalid(field: string, value: unknown, detail: string): FieldError {
  return {
    field,
    reason: "FieldValueTypeInvalid",
    message: withDetail(`Invalid value: ${quoted(value)}`, detail),
  };
}

export function tooMany(field: string, actual: number, limit: number): FieldError {
  return {
    field,
    reason: "FieldValueTooMany",
    message: `Too many: ${actual}: must have at most ${limit} items`,
  };
}

function withDetail(text: string, detail: string): string {
  return detail === "" ? text : `${text}: ${detail}`;
}

function quoted(value: unknown): string {
  return value === undefined ? "null" : JSON.stringify(value);
}
