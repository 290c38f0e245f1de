import { isJsonEqual, isJsonObject, type JsonObject } from "../patch/json-value.ts";
import { forbidden, invalidValue, typeInvalid } from "../registry/field-errors.ts";
import type { Errors } from "../registry/validation/checks.ts";
import { checkKeywordTypes } from "./check-keyword-types.ts";
import { compilePattern } from "../schema/pattern.ts";

/** What may be said of an `int-or-string` in an `anyOf`, though it says what the field is. */
const INT_OR_STRING = [{ type: "integer" }, { type: "string" }];
/** What only the schema itself may say, with the words for it. */
const OUTSIDE: readonly (readonly [keyword: string, message: string])[] = [
  ["type", "must be empty to be structural"],
  ["additionalProperties", "must be undefined to be structural"],
  ["default", "must be undefined to be structural"],
  ["title", "must be empty to be structural"],
  ["description", "must be empty to be structural"],
  ["nullable", "must be false to be structural"],
  ["x-kubernetes-preserve-unknown-fields", "must be false to be structural"],
  ["x-kubernetes-embedded-resource", "must be false to be structural"],
  ["x-kubernetes-int-or-string", "must be false to be structural"],
  ["x-kubernetes-list-map-keys", "must be empty to be structural"],
  ["x-kubernetes-list-type", "must be undefined to be structural"],
  ["x-kubernetes-map-type", "must be undefined to be structural"],
  ["x-kubernetes-validations", "must be empty to be structural"],
];

/** Checks what is in `allOf`, `anyOf`, `oneOf` and `not`: they may only restrict fields that stand outside of them. */
export function* checkNestedValidation(schema: JsonObject, at: string): Errors {
  for (const keyword of ["allOf", "anyOf", "oneOf"]) {
    const list = schema[keyword];
    if (!Array.isArray(list)) continue;
    if (keyword === "anyOf" && isIntOrString(schema, list)) continue;
    for (const [index, nested] of list.entries()) {
      const path = `${at}.${keyword}[${index}]`;
      if (!isJsonObject(nested)) {
        yield invalidValue(path, nested, "must be a schema object");
        continue;
      }
      const anyOf = nested["anyOf"];
      const first =
        keyword === "allOf" && index === 0 && Array.isArray(anyOf) && isIntOrString(schema, anyOf);
      const { anyOf: _, ...rest } = nested;
      yield* checkNested(first ? rest : nested, schema, path);
    }
  }
  const { not } = schema;
  if (isJsonObject(not)) yield* checkNested(not, schema, `${at}.not`);
}

function isIntOrString(schema: JsonObject, anyOf: readonly unknown[]): boolean {
  return schema["x-kubernetes-int-or-string"] === true && isJsonEqual(anyOf, INT_OR_STRING);
}

/** @param outer - What stands outside in the same place; undefined if nothing does. */
function* checkNested(nested: JsonObject, outer: JsonObject | undefined, at: string): Errors {
  const mistyped = [...checkKeywordTypes(nested, at)];
  yield* mistyped;
  if (mistyped.length > 0) return;
  for (const [keyword, message] of OUTSIDE) {
    const value = nested[keyword];
    const empty = value === undefined || value === "" || value === false;
    if (!empty) yield forbidden(`${at}.${keyword}`, message);
  }
  const { pattern, items, properties } = nested;
  if (typeof pattern === "string" && compilePattern(pattern) === undefined) {
    yield invalidValue(`${at}.pattern`, pattern, "must be a valid regular expression, but isn't");
  }
  if (isJsonObject(items)) {
    const outside = outer?.["items"];
    yield* checkNested(items, isJsonObject(outside) ? outside : undefined, `${at}.items`);
  } else if (items !== undefined) yield typeInvalid(`${at}.items`, items, "must be a schema object");
  if (isJsonObject(properties)) {
    const outside = outer?.["properties"];
    for (const [name, property] of Object.entries(properties)) {
      const path = `${at}.properties[${name}]`;
      if (name === "metadata") yield forbidden(path, "must not be specified in a nested context");
      if (!isJsonObject(property)) {
        yield typeInvalid(path, property, "must be a schema object");
        continue;
      }
      const own = isJsonObject(outside) && Object.hasOwn(outside, name) ? outside[name] : undefined;
      yield* checkNested(property, isJsonObject(own) ? own : undefined, path);
    }
  }
  yield* checkNestedValidation(
    { ...nested, "x-kubernetes-int-or-string": outer?.["x-kubernetes-int-or-string"] },
    at,
  );
}
