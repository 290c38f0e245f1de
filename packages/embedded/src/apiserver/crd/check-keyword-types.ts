import { isJsonObject, type JsonObject } from "../patch/json-value.ts";
import { typeInvalid } from "../registry/field-errors.ts";
import type { Errors } from "../registry/validation/checks.ts";

type Kind = "boolean" | "number" | "object" | "objects" | "string" | "strings" | "values";

function each(kind: Kind, ...keywords: readonly string[]): readonly (readonly [string, Kind])[] {
  return keywords.map((keyword) => [keyword, kind]);
}

/** What a schema's keywords are, where it matters. */
const KINDS = new Map<string, Kind>([
  ...each("string", "type", "format", "description", "title", "pattern", "x-kubernetes-list-type"),
  ...each("string", "x-kubernetes-map-type"),
  ...each("number", "minimum", "maximum", "multipleOf", "minLength", "maxLength", "minItems", "maxItems"),
  ...each("number", "minProperties", "maxProperties"),
  ...each("boolean", "nullable", "uniqueItems", "exclusiveMinimum", "exclusiveMaximum"),
  ...each("boolean", "x-kubernetes-preserve-unknown-fields", "x-kubernetes-embedded-resource"),
  ...each("boolean", "x-kubernetes-int-or-string"),
  ...each("object", "properties", "not"),
  ...each("objects", "allOf", "anyOf", "oneOf", "x-kubernetes-validations"),
  ...each("strings", "required", "x-kubernetes-list-map-keys"),
  ...each("values", "enum"),
]);

/**
 * Checks that a schema's keywords are what they should be, for whatever part of it was not read by its type before.
 * The rest of the schema can only be judged if they are.
 */
export function* checkKeywordTypes(schema: JsonObject, at: string): Errors {
  for (const [keyword, value] of Object.entries(schema)) {
    const kind = KINDS.get(keyword);
    if (kind === undefined || isOf(kind, value)) continue;
    const wanted =
      kind === "objects" || kind === "strings" ? `array of ${kind}` : kind === "values" ? "array" : kind;
    const given = Array.isArray(value) ? "array" : value === null ? "null" : typeof value;
    yield typeInvalid(`${at}.${keyword}`, given, `must be of type ${wanted}`);
  }
}

function isOf(kind: Kind, value: unknown): boolean {
  switch (kind) {
    case "object":
      return isJsonObject(value);
    case "objects":
      return Array.isArray(value) && value.every(isJsonObject);
    case "strings":
      return Array.isArray(value) && value.every((element) => typeof element === "string");
    case "values":
      return Array.isArray(value);
    default:
      return typeof value === kind;
  }
}
