import type { CelInput, CelMap } from "@bufbuild/cel";
import { isJsonObject, type JsonObject } from "../../patch/json-value.ts";
import type { Schema } from "../schema.ts";
import { memberSchema, propertySchema } from "../schema-walk.ts";
import { isDateTime } from "../formats.ts";
import { escapeName, unescapeName } from "./escape-name.ts";
import type { CelLibrary } from "./load-cel.ts";

/** Makes values of CEL from what a text says. */
export interface TextReaders {
  readonly timestamp: (text: string) => CelInput;
  readonly duration: (text: string) => CelInput;
}

/**
 * A value of an object as rules see it: numbers by the schema's type, times as times, and of objects the members that
 * the schema names. Members are made when they are asked for.
 *
 * @returns Undefined for null, which rules see as absent.
 */
export function ruleValue(
  cel: CelLibrary,
  readers: TextReaders,
  value: unknown,
  schema: Schema,
  isRoot = false,
): CelInput | undefined {
  if (value === null || value === undefined) return undefined;
  if (typeof value === "boolean") return value;
  if (typeof value === "number") {
    const double = schema.type === "number" || !Number.isInteger(value);
    return double ? value : BigInt(value);
  }
  if (typeof value === "string") return textValue(readers, value, schema);
  if (Array.isArray(value)) {
    const items = schema.items ?? {};
    return cel.celList(value.map((each) => ruleValue(cel, readers, each, items) ?? null));
  }
  if (!isJsonObject(value)) return undefined;
  return cel.celMap(lazyMap(cel, readers, value, schema, isRoot));
}

function textValue({ timestamp, duration }: TextReaders, text: string, schema: Schema): CelInput {
  switch (schema.format?.replaceAll("-", "")) {
    case "byte":
      return new Uint8Array(Buffer.from(text, "base64"));
    case "date":
      return timestamp(`${text}T00:00:00Z`);
    case "datetime":
      return isDateTime(text) ? timestamp(text) : text;
    case "duration":
      return duration(text);
    default:
      return text;
  }
}

/** An object or a map; only what a rule asks for is converted. */
function lazyMap(
  cel: CelLibrary,
  readers: TextReaders,
  object: JsonObject,
  schema: Schema,
  isRoot: boolean,
): ReadonlyMap<string, CelInput> {
  const isResource = isRoot || schema["x-kubernetes-embedded-resource"] === true;
  const isMap = schema.properties === undefined && typeof schema.additionalProperties === "object";
  const known = new Map<string, CelInput | undefined>();

  function read(key: string): CelInput | undefined {
    if (known.has(key)) return known.get(key);
    const name = isMap ? key : unescapeName(key);
    const made = Object.hasOwn(object, name) ? make(name) : undefined;
    known.set(key, made);
    return made;
  }

  function make(name: string): CelInput | undefined {
    const value = object[name];
    if (isResource && name === "metadata" && isJsonObject(value)) return metadataValue(cel, value);
    if (isResource && (name === "apiVersion" || name === "kind")) return String(value);
    const member = isMap ? memberSchema(schema, name) : propertySchema(schema, name);
    return member === undefined ? undefined : ruleValue(cel, readers, value, member);
  }

  function* entries(): Generator<[string, CelInput]> {
    for (const name of Object.keys(object)) {
      const key = isMap ? name : escapeName(name);
      const value = read(key);
      if (value !== undefined) yield [key, value];
    }
  }

  return {
    get: read,
    has: (key) => read(key) !== undefined,
    get size() {
      return [...entries()].length;
    },
    entries: () => iterate(entries()),
    keys: () => iterate(first(entries())),
    values: () => iterate(second(entries())),
    forEach(callback) {
      for (const [key, value] of entries()) callback(value, key, this);
    },
    [Symbol.iterator]: () => iterate(entries()),
  };
}

/** Of metadata, rules see what names the object. */
function metadataValue(cel: CelLibrary, metadata: JsonObject): CelMap {
  const names = ["name", "generateName"].filter((name) => typeof metadata[name] === "string");
  return cel.celMap(new Map(names.map((name) => [name, String(metadata[name])])));
}

function* first<T>(entries: Iterable<[string, T]>): Generator<string> {
  for (const [key] of entries) yield key;
}

function* second<T>(entries: Iterable<[string, T]>): Generator<T> {
  for (const [, value] of entries) yield value;
}

function iterate<T>(values: Iterable<T>): MapIterator<T> {
  return [...values].values();
}
