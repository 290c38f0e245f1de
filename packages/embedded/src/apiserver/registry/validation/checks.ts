import { type JsonObject, isJsonObject } from "../../patch/json-value.ts";
import { invalidValue, notSupported, required } from "../field-errors.ts";
import type { FieldError } from "../resource-definition.ts";
import { type NameRule, portNameProblems } from "./names.ts";

/** Checks are generators: each yields what it finds wrong, and the kind's strategy collects it. */
export type Errors = Iterable<FieldError>;

export const PROTOCOLS = ["SCTP", "TCP", "UDP"];
const MOST_PORT = 65_535;

/** The elements of a list that are objects, with their paths. */
export function* elementsOf(
  value: unknown,
  path: string,
): Iterable<readonly [element: JsonObject, path: string]> {
  if (!Array.isArray(value)) return;
  for (const [index, element] of value.entries())
    if (isJsonObject(element)) yield [element, `${path}[${index}]`];
}

/** An object's member that is an object; an empty one if it is absent. */
export function fieldsOf(value: unknown): JsonObject {
  return isJsonObject(value) ? value : {};
}

/** A member's text; "" if it is absent. */
export function textOf(value: unknown): string {
  return typeof value === "string" ? value : "";
}

/** A text that must be there and have a form. */
export function* checkRequiredName(path: string, value: unknown, rule: NameRule): Errors {
  if (textOf(value) === "") yield required(path);
  else yield* checkName(path, value, rule);
}

/** A text that has a form if it is there. */
export function* checkName(path: string, value: unknown, rule: NameRule): Errors {
  const text = textOf(value);
  const problem = text === "" ? undefined : rule(text);
  if (problem !== undefined) yield invalidValue(path, text, problem);
}

export function* checkRequired(path: string, value: unknown): Errors {
  if (value === undefined || value === null || value === "") yield required(path);
}

/** One of some texts, or absent. */
export function* checkOneOf(path: string, value: unknown, supported: readonly string[]): Errors {
  if (value === undefined || value === null) return;
  if (typeof value === "string" && supported.includes(value)) return;
  yield notSupported(path, value, supported);
}

export function* checkRange(path: string, value: unknown, least: number, most: number): Errors {
  if (typeof value === "number" && (value < least || value > most)) {
    yield invalidValue(path, value, `must be between ${least} and ${most}, inclusive`);
  }
}

export function* checkNotNegative(path: string, value: unknown): Errors {
  if (typeof value === "number" && value < 0)
    yield invalidValue(path, value, "must be greater than or equal to 0");
}

export function* checkPort(path: string, value: unknown): Errors {
  yield* checkRange(path, value, 1, MOST_PORT);
}

/** A port by number or by name. */
export function* checkPortOrName(path: string, value: unknown): Errors {
  if (typeof value !== "string") yield* checkPort(path, value ?? 0);
  else for (const problem of portNameProblems(value)) yield invalidValue(path, value, problem);
}

/** A path below some folder: relative, and never back up. */
export function* checkDescendingPath(path: string, value: string): Errors {
  if (value.startsWith("/")) yield invalidValue(path, value, "must be a relative path");
  if (value.split("/").includes("..")) yield invalidValue(path, value, "must not contain '..'");
}

/** A file mode as volumes have it. */
export function* checkFileMode(path: string, value: unknown): Errors {
  if (typeof value === "number" && (value < 0 || value > 0o777)) {
    yield invalidValue(path, value, "must be a number between 0 and 0777 (octal), both inclusive");
  }
}
