import { isJsonObject, type JsonObject } from "../patch/json-value.ts";
import { forbidden, invalidValue, notSupported, required } from "../registry/field-errors.ts";
import type { Errors } from "../registry/validation/checks.ts";

const LIST_TYPE = "x-kubernetes-list-type";
const LIST_KEYS = "x-kubernetes-list-map-keys";
const MAP_TYPE = "x-kubernetes-map-type";
const SCALARS = new Set<unknown>(["boolean", "integer", "number", "string"]);

/** Checks what a schema says of how its list or map is merged and compared. */
export function* checkListExtensions(schema: JsonObject, at: string): Errors {
  const { type } = schema;
  const mapType = schema[MAP_TYPE];
  if (mapType !== undefined) {
    yield* mustBe(type, "object", MAP_TYPE, at);
    if (mapType !== "atomic" && mapType !== "granular") {
      yield notSupported(`${at}.${MAP_TYPE}`, mapType, ["atomic", "granular"]);
    }
  }
  const listType = schema[LIST_TYPE];
  if (listType !== undefined) {
    yield* mustBe(type, "array", LIST_TYPE, at);
    if (listType !== "atomic" && listType !== "set" && listType !== "map") {
      yield notSupported(`${at}.${LIST_TYPE}`, listType, ["atomic", "set", "map"]);
    }
  }
  const items = isJsonObject(schema["items"]) ? schema["items"] : undefined;
  if ((listType === "set" || listType === "map") && items?.["nullable"] === true) {
    yield forbidden(`${at}.items.nullable`, `cannot be nullable when x-kubernetes-list-type is ${listType}`);
  }
  if (listType === "set" && items !== undefined) yield* checkSetItems(items, `${at}.items`);
  const keys = schema[LIST_KEYS];
  const hasKeys = Array.isArray(keys) && keys.length > 0;
  if (hasKeys && listType !== "map") {
    const why = "must be map if x-kubernetes-list-map-keys is non-empty";
    yield listType === undefined
      ? required(`${at}.${LIST_TYPE}`, why)
      : invalidValue(`${at}.${LIST_TYPE}`, listType, why);
  }
  if (listType !== "map") return;
  if (!hasKeys) {
    yield required(`${at}.${LIST_KEYS}`, "must not be empty if x-kubernetes-list-type is map");
  } else if (items === undefined) {
    yield required(`${at}.items`, "must have a schema if x-kubernetes-list-type is map");
  } else yield* checkKeys(items, keys, at);
}

function* mustBe(type: unknown, wanted: string, extension: string, at: string): Errors {
  if (type === wanted) return;
  const why = `must be ${wanted} if ${extension} is specified`;
  yield type === undefined || type === ""
    ? required(`${at}.type`, why)
    : invalidValue(`${at}.type`, type, why);
}

function* checkSetItems(items: JsonObject, at: string): Errors {
  const why = "must be atomic as item of a list with x-kubernetes-list-type=set";
  if (items["type"] === "array" && items[LIST_TYPE] !== undefined && items[LIST_TYPE] !== "atomic") {
    yield invalidValue(`${at}.${LIST_TYPE}`, items[LIST_TYPE], why);
  }
  if (items["type"] === "object" && items[MAP_TYPE] !== "atomic") {
    yield invalidValue(`${at}.${MAP_TYPE}`, items[MAP_TYPE] ?? null, why);
  }
}

function* checkKeys(items: JsonObject, keys: readonly unknown[], at: string): Errors {
  if (items["type"] !== "object") {
    yield invalidValue(
      `${at}.items.type`,
      items["type"] ?? "",
      "must be object if parent array's x-kubernetes-list-type is map",
    );
    return;
  }
  const properties = isJsonObject(items["properties"]) ? items["properties"] : {};
  const mandatory = Array.isArray(items["required"]) ? items["required"] : [];
  if (new Set(keys).size < keys.length) {
    yield invalidValue(`${at}.${LIST_KEYS}`, keys, "must not contain duplicate entries");
  }
  for (const key of new Set(keys)) {
    const name = String(key);
    const property = Object.hasOwn(properties, name) ? properties[name] : undefined;
    const path = `${at}.items.properties[${name}]`;
    if (!isJsonObject(property)) {
      yield invalidValue(`${at}.${LIST_KEYS}`, keys, "entries must all be names of item properties");
      continue;
    }
    if (!SCALARS.has(property["type"]) && property["x-kubernetes-int-or-string"] !== true) {
      yield invalidValue(
        `${path}.type`,
        property["type"] ?? "",
        "must be a scalar type if parent array's x-kubernetes-list-type is map",
      );
    }
    if (property["default"] === undefined && !mandatory.includes(key)) {
      yield required(
        `${path}.default`,
        "this property is in x-kubernetes-list-map-keys, so it must have a default or be a required property",
      );
    }
    if (property["nullable"] === true) {
      yield forbidden(
        `${path}.nullable`,
        "this property is in x-kubernetes-list-map-keys, so it cannot be nullable",
      );
    }
  }
}
