import { tableType, type TypeField } from "../tables/kubernetes-types.ts";
import { type JsonObject, isJsonObject } from "../patch/json-value.ts";
import { canonicalAmount, canonicalQuantity } from "./quantity.ts";

/** Members that the server itself writes, in its own form. */
const OWN = new Set(["apiVersion", "kind", "metadata"]);
const SECONDS = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/;

/**
 * Brings an object of a built-in kind into the one form in which kube-apiserver stores it, in place: without unknown
 * and empty members, with the empty structs that Go never leaves out, amounts and times written in one way. What has
 * not the type that it should have is left for validation to name.
 *
 * @param type - Type of the object, as in `core.Pod`.
 */
export function canonicalize(object: JsonObject, type: string): void {
  canonicalizeFields(object, type, OWN);
}

function canonicalizeFields(object: JsonObject, name: string, own?: ReadonlySet<string>): void {
  const type = tableType(name);
  if (type === undefined) return;
  const known = new Set(type.fields.map((field) => field.name));
  for (const key of Object.keys(object)) {
    if (own?.has(key) !== true && !known.has(key)) Reflect.deleteProperty(object, key);
  }
  for (const field of type.fields) {
    if (own?.has(field.name) === true) continue;
    const value = canonicalValue(field, object[field.name], own === undefined);
    if (value === undefined) Reflect.deleteProperty(object, field.name);
    else object[field.name] = value;
  }
}

/** @returns Undefined for a member that is left out. */
function canonicalValue(field: TypeField, value: unknown, nested: boolean): unknown {
  const { shape, scalar, empty } = field;
  if (value === undefined || value === null) {
    const struct =
      shape === "value" && !scalar && empty !== "omit-zero-struct" && tableType(field.type) !== undefined;
    if (!struct || !nested) return undefined;
    const made: JsonObject = {};
    canonicalizeFields(made, field.type);
    return made;
  }
  if (shape === "list") {
    if (!Array.isArray(value)) return value;
    return value.length === 0 && empty === "omit"
      ? undefined
      : value.map((element) => canonicalElement(field, element));
  }
  if (shape === "map") {
    if (!isJsonObject(value)) return value;
    const keys = Object.keys(value);
    if (!field.scalar) for (const key of keys) value[key] = canonicalElement(field, value[key]);
    return keys.length === 0 && empty === "omit" ? undefined : value;
  }
  const zero = value === "" || value === 0 || value === false;
  if (shape === "value" && scalar && empty === "omit" && zero) return undefined;
  return canonicalElement(field, value);
}

function canonicalElement({ type, scalar, shape }: TypeField, value: unknown): unknown {
  if (scalar) return value;
  switch (type) {
    case "resource.Quantity":
      return shape === "map" ? canonicalAmount(value) : canonicalQuantity(value);
    case "meta.Time":
      return canonicalTime(value, 0);
    case "meta.MicroTime":
      return canonicalTime(value, 6);
    default:
      if (isJsonObject(value)) canonicalizeFields(value, type);
      return value;
  }
}

/** RFC 3339 in UTC with as many digits of a second as the type keeps. */
function canonicalTime(value: unknown, digits: 0 | 6): unknown {
  if (typeof value !== "string" || (digits === 0 && SECONDS.test(value))) return value;
  const at = Date.parse(value);
  if (Number.isNaN(at)) return value;
  const seconds = new Date(at).toISOString().slice(0, 19);
  const fraction = /\.(\d+)/.exec(value)?.[1] ?? "";
  return digits === 0 ? `${seconds}Z` : `${seconds}.${fraction.slice(0, digits).padEnd(digits, "0")}Z`;
}
