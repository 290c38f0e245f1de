// The table that `scripts/tables/kubernetes-types.ts` makes. A field is one line: its type, its number on the wire,
// then words. The type is a scalar of protobuf or a type of the table, in the same package unless it names one; `[]`
// makes it a list, `{}` a map by string, `*` a pointer in Go, which tells an absent value from an empty one. The number
// starts with those of the messages that JSON inlines. Words: `always` and `omitzero` (Go's JSON writes the empty value
// unless told not to; without a word it is left out), `required`, and `key=value` for what OpenAPI knows.
import table from "./kubernetes-types.json" with { type: "json" };

export interface TypeField {
  readonly name: string;
  /** Scalar of protobuf (`string`, `bool`, `int32`, `int64`, `double`, `bytes`), or a type as in `core.Container`. */
  readonly type: string;
  readonly scalar: boolean;
  readonly shape: "value" | "pointer" | "list" | "map";
  /** Numbers in protobuf, from the outermost inlined message to the field. */
  readonly path: readonly number[];
  /** What JSON does with the empty value. */
  readonly empty: "omit" | "write" | "omit-zero-struct";
  readonly required: boolean;
  /** `list`, `keys`, `map`, `merge`, `patch`, `enum`, `default` as the table has them. */
  readonly options: Readonly<Record<string, string>>;
}

export interface TableType {
  /** As in `core.Container`. */
  readonly name: string;
  readonly fields: readonly TypeField[];
  readonly mapType: string | undefined;
  /** Set if the type is a kind, which makes `apiVersion` and `kind` members of it. */
  readonly kind: GroupVersionKind | undefined;
}

export interface GroupVersionKind {
  readonly group: string;
  readonly version: string;
  readonly kind: string;
}

const packages: Readonly<Record<string, string>> = table.packages;
const enums: Readonly<Record<string, string>> = table.enums;
const types: Readonly<Record<string, Readonly<Record<string, string>>>> = table.types;
const shortOf = new Map(Object.entries(packages).map(([short, prefix]) => [prefix, short]));
const typeByKind = new Map<string, string>();
const kindByType = new Map<string, GroupVersionKind>();
for (const row of table.kinds) {
  const [key = "", type = ""] = row.split(" ");
  const [group = "", version = "", kind = ""] = key.split("/");
  typeByKind.set(key, type);
  kindByType.set(type, { group, version, kind });
}
const cache = new Map<string, TableType>();

/** The release of Kubernetes whose types these are, as in `v1.36.3`. */
export const KUBERNETES_VERSION: string = table.source["k8s.io/kubernetes"];

/** `core.Pod` for `io.k8s.api.core.v1.Pod`; undefined for a name of no listed package. */
export function shortTypeName(openApiName: string): string | undefined {
  const dot = openApiName.lastIndexOf(".");
  const short = shortOf.get(openApiName.slice(0, dot));
  return short === undefined ? undefined : `${short}${openApiName.slice(dot)}`;
}

/** `io.k8s.api.core.v1.Pod` for `core.Pod`. */
export function openApiTypeName(short: string): string {
  const [pack = "", name = ""] = short.split(".");
  const prefix = packages[pack];
  if (prefix === undefined) throw new Error(`the table has no package ${pack}`);
  return `${prefix}.${name}`;
}

/** The type of a kind, as in `core.Pod`; undefined for one that the table does not have. */
export function typeOfKind(group: string, version: string, kind: string): string | undefined {
  return typeByKind.get(`${group}/${version}/${kind}`);
}

/** Values of an enum named by a field's `enum` option. */
export function enumValues(name: string): string[] {
  const values = enums[name];
  if (values === undefined) throw new Error(`the table has no enum ${name}`);
  return values.split(" ");
}

/** Names of every type in the table, as in `core.Container`. */
export function tableTypeNames(): string[] {
  return Object.keys(types);
}

/** A type by its name in the table; read from its lines at first use. Undefined for one that the table does not have. */
export function tableType(name: string): TableType | undefined {
  const known = cache.get(name);
  if (known !== undefined) return known;
  const lines = Object.hasOwn(types, name) ? types[name] : undefined;
  if (lines === undefined) return undefined;
  const [pack = ""] = name.split(".");
  const fields: TypeField[] = [];
  for (const [field, line] of Object.entries(lines)) {
    if (field !== "") fields.push(parseField(pack, field, line));
  }
  const type = { name, fields, mapType: lines[""], kind: kindByType.get(name) };
  cache.set(name, type);
  return type;
}

const SCALARS = new Set(["string", "bool", "int32", "int64", "double", "bytes"]);
const SHAPES = { "[]": "list", "{}": "map", "*": "pointer" } as const;

function parseField(pack: string, name: string, line: string): TypeField {
  const [typeWord = "", pathWord = "", ...words] = line.split(" ");
  const prefix = /^(?:\[\]|\{\}|\*)?/.exec(typeWord)?.[0] ?? "";
  const bare = typeWord.slice(prefix.length);
  const scalar = SCALARS.has(bare);
  const options: Record<string, string> = {};
  for (const word of words) {
    const equals = word.indexOf("=");
    if (equals > 0) options[word.slice(0, equals)] = word.slice(equals + 1);
  }
  return {
    name,
    type: scalar || bare.includes(".") ? bare : `${pack}.${bare}`,
    scalar,
    shape: prefix === "[]" || prefix === "{}" || prefix === "*" ? SHAPES[prefix] : "value",
    path: pathWord.split(".").map(Number),
    empty: words.includes("always") ? "write" : words.includes("omitzero") ? "omit-zero-struct" : "omit",
    required: words.includes("required"),
    options,
  };
}
