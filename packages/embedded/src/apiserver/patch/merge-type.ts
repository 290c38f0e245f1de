import type { ResourceDefinition } from "../registry/resource-definition.ts";
import type { Schema, SchemaTable } from "../schema/schema.ts";

/**
 * How values of a schema merge under server-side apply. A value may be of several shapes where the schema leaves the
 * type open; the value itself then decides.
 */
export interface MergeType {
  readonly map?: MapType;
  readonly scalar?: ScalarKind;
  readonly list?: ListType;
}

export type ScalarKind = "numeric" | "string" | "boolean" | "untyped";

export interface MapType {
  /** The map is owned as a whole. */
  readonly atomic: boolean;
  /** Type of a declared field; undefined for any other name. */
  field(name: string): MergeType | undefined;
  /** Type of members that are not declared; undefined if there may be none. */
  element(): MergeType | undefined;
}

export interface ListType {
  /** Whether items are told apart, by `keys`, or by their value if there are none. */
  readonly associative: boolean;
  readonly keys: readonly string[];
  element(): MergeType;
  /** Value of a key that an item leaves out; undefined if it has no default. */
  keyDefault(name: string): unknown;
}

const OBJECT_META = "io.k8s.apimachinery.pkg.apis.meta.v1.ObjectMeta";
const RAW_EXTENSION = "io.k8s.apimachinery.pkg.runtime.RawExtension";

/** Anything, owned as a whole. */
export const UNTYPED: MergeType = {
  scalar: "untyped",
  list: { associative: false, keys: [], element: () => UNTYPED, keyDefault: () => undefined },
  map: { atomic: true, field: () => undefined, element: () => UNTYPED },
};

/** Anything: maps by member, lists as a whole. Stands for every field that no schema declares. */
export const DEDUCED: MergeType = {
  scalar: "untyped",
  list: { associative: false, keys: [], element: () => UNTYPED, keyDefault: () => undefined },
  map: { atomic: false, field: () => undefined, element: () => DEDUCED },
};

const roots = new WeakMap<SchemaTable, WeakMap<Schema, MergeType>>();

/** The merge type of a kind. It is made once for each schema. */
export function mergeTypeOf(definition: ResourceDefinition, types: SchemaTable): MergeType {
  let known = roots.get(types);
  if (known === undefined) {
    known = new WeakMap();
    roots.set(types, known);
  }
  let type = known.get(definition.schema);
  if (type === undefined) {
    const compiler = createCompiler(types);
    type = definition.custom
      ? compiler.compile({ ...definition.schema, "x-kubernetes-embedded-resource": true }, false)
      : compiler.compile(definition.schema, false);
    known.set(definition.schema, type);
  }
  return type;
}

interface Compiler {
  /** @param open - Whether a schema around this one preserves unknown fields. */
  compile(schema: Schema, open: boolean): MergeType;
}

function createCompiler(types: SchemaTable): Compiler {
  const named = new Map<string, MergeType>();

  function resolveNamed(name: string): MergeType {
    if (name === RAW_EXTENSION) return UNTYPED;
    let type = named.get(name);
    if (type === undefined) {
      type = compile(types.resolve(name), false);
      named.set(name, type);
    }
    return type;
  }

  function compile(schema: Schema, open: boolean): MergeType {
    if (schema.$ref !== undefined) {
      return withMapType(resolveNamed(schema.$ref), schema["x-kubernetes-map-type"]);
    }
    const opened = open || schema["x-kubernetes-preserve-unknown-fields"] === true;
    switch (schema.type) {
      case "object":
        return { map: mapType(schema, opened) };
      case "array":
        return { list: listType(schema, opened) };
      case "integer":
      case "number":
        return { scalar: "numeric" };
      case "boolean":
        return { scalar: "boolean" };
      case "string":
        return { scalar: schema.format === undefined || schema.format === "byte" ? "string" : "untyped" };
      default:
        return { map: mapType(schema, opened), scalar: "untyped", list: listType(schema, opened) };
    }
  }

  function mapType(schema: Schema, open: boolean): MapType {
    const properties = schema["x-kubernetes-embedded-resource"]
      ? withObjectMeta(schema)
      : (schema.properties ?? {});
    const field = memoized((name: string) =>
      Object.hasOwn(properties, name) ? compile(properties[name] ?? {}, open) : undefined,
    );
    let element: MergeType | undefined;
    const additional = schema.additionalProperties;
    if (additional === true) element = DEDUCED;
    else if (additional === undefined) {
      element = open || Object.keys(properties).length === 0 ? DEDUCED : undefined;
    }
    return {
      atomic: schema["x-kubernetes-map-type"] === "atomic",
      field,
      element() {
        if (element === undefined && typeof additional === "object") element = compile(additional, open);
        return element;
      },
    };
  }

  function listType(schema: Schema, open: boolean): ListType {
    const { items } = schema;
    let element: MergeType | undefined;
    return {
      ...listKeys(schema),
      element: () => (element ??= items === undefined ? UNTYPED : compile(items, open)),
      keyDefault(name) {
        const item = items?.$ref === undefined ? items : types.resolve(items.$ref);
        return item?.properties?.[name]?.default;
      },
    };
  }

  return { compile };
}

function withObjectMeta(schema: Schema): Record<string, Schema> {
  return {
    ...schema.properties,
    apiVersion: { type: "string" },
    kind: { type: "string" },
    metadata: { $ref: OBJECT_META },
  };
}

function withMapType(type: MergeType, mapType: Schema["x-kubernetes-map-type"]): MergeType {
  if (mapType === undefined || type.map === undefined) return type;
  return { ...type, map: { ...type.map, atomic: mapType === "atomic" } };
}

function listKeys(schema: Schema): { associative: boolean; keys: readonly string[] } {
  switch (schema["x-kubernetes-list-type"]) {
    case "set":
      return { associative: true, keys: [] };
    case "map":
      return { associative: true, keys: schema["x-kubernetes-list-map-keys"] ?? [] };
    case "atomic":
      return { associative: false, keys: [] };
    default: {
      const strategy = schema["x-kubernetes-patch-strategy"]?.split(",") ?? [];
      const key = schema["x-kubernetes-patch-merge-key"];
      return { associative: strategy.includes("merge"), keys: key === undefined ? [] : [key] };
    }
  }
}

function memoized<Value>(make: (name: string) => Value | undefined): (name: string) => Value | undefined {
  const made = new Map<string, Value>();
  return (name) => {
    let value = made.get(name);
    if (value === undefined) {
      value = make(name);
      if (value !== undefined) made.set(name, value);
    }
    return value;
  };
}

/**
 * Narrows a type to the shape of a value, if the value has one of the type's shapes; null, an absent value and a value
 * of a wrong shape leave it as it is.
 */
export function narrow(type: MergeType, value: unknown): MergeType {
  if (value === undefined || value === null) return type;
  if (Array.isArray(value))
    return type.list === undefined || isOnly(type, "list") ? type : { list: type.list };
  if (typeof value === "object")
    return type.map === undefined || isOnly(type, "map") ? type : { map: type.map };
  return type.scalar === undefined || isOnly(type, "scalar") ? type : { scalar: type.scalar };
}

function isOnly(type: MergeType, shape: keyof MergeType): boolean {
  return (
    (shape === "map" || type.map === undefined) &&
    (shape === "list" || type.list === undefined) &&
    (shape === "scalar" || type.scalar === undefined)
  );
}

/** Type of a map's member: declared, of the element type, or deduced. */
export function memberType(map: MapType, name: string): MergeType {
  return map.field(name) ?? map.element() ?? DEDUCED;
}
