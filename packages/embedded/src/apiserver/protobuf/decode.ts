// Bodies in `application/vnd.kubernetes.protobuf`, which kubectl and controller-runtime send for built-in kinds. The
// result is what Go would write as JSON after reading the same bytes, down to which empty values it leaves out.
import { tableType, type TableType, type TypeField, typeOfKind } from "../tables/kubernetes-types.ts";
import { WELL_KNOWN } from "./well-known.ts";
import { BYTES, FIXED64, VARINT, WireReader, malformed } from "./wire-reader.ts";

type Json = Record<string, unknown>;

/** What stands at each number of a message: a field, or a message whose fields JSON has in this object. */
type Layout = ReadonlyMap<number, LayoutNode>;
type LayoutNode = { readonly field: TypeField } | { readonly inlined: Layout };

const MAGIC = Buffer.from("k8s\0", "latin1");
/** Options are sent with the group and version of whatever they go with. */
const OPTIONS = new Set(["DeleteOptions"]);
const layouts = new Map<string, Layout>();

/**
 * Decodes an object of a kind that the type table has, `apiVersion` and `kind` included.
 *
 * @throws ApiError 400 for bytes that are no such object.
 */
export function decodeProtobufBody(bytes: Uint8Array): Json {
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (buffer.length < MAGIC.length || !buffer.subarray(0, MAGIC.length).equals(MAGIC)) {
    throw malformed("it does not begin with the four bytes k8s\\0");
  }
  const { apiVersion, kind, raw } = decodeEnvelope(new WireReader(buffer, MAGIC.length));
  const slash = apiVersion.indexOf("/");
  const group = apiVersion.slice(0, Math.max(slash, 0));
  const type = OPTIONS.has(kind)
    ? typeOfKind("", "v1", kind)
    : typeOfKind(group, apiVersion.slice(slash + 1), kind);
  if (type === undefined) throw malformed(`no kind "${kind}" is registered for version "${apiVersion}"`);
  return { kind, apiVersion, ...decodeMessage(type, new WireReader(raw)) };
}

function decodeEnvelope(reader: WireReader): { apiVersion: string; kind: string; raw: Buffer } {
  let apiVersion = "";
  let kind = "";
  let raw: Buffer = Buffer.alloc(0);
  let encoding = "";
  while (reader.more()) {
    const { number, wireType } = reader.tag();
    if (number === 1 && wireType === BYTES) {
      const meta = reader.message();
      while (meta.more()) {
        const inner = meta.tag();
        if (inner.number === 1 && inner.wireType === BYTES) apiVersion = meta.text();
        else if (inner.number === 2 && inner.wireType === BYTES) kind = meta.text();
        else meta.skip(inner.number, inner.wireType);
      }
    } else if (number === 2 && wireType === BYTES) raw = reader.bytes();
    else if (number === 3 && wireType === BYTES) encoding = reader.text();
    else reader.skip(number, wireType);
  }
  if (encoding !== "") throw malformed(`content encoding ${JSON.stringify(encoding)}`);
  if (kind === "") throw malformed("Object 'Kind' is missing");
  return { apiVersion, kind, raw };
}

function decodeMessage(name: string, reader: WireReader): Json {
  const type = tableType(name);
  if (type === undefined) throw new Error(`the type table has no ${name}`);
  const values: Json = {};
  readInto(values, layoutOf(type), reader);
  return likeGo(type, values);
}

function readInto(values: Json, layout: Layout, reader: WireReader): void {
  while (reader.more()) {
    const { number, wireType } = reader.tag();
    const node = layout.get(number);
    if (node === undefined) reader.skip(number, wireType);
    else if ("inlined" in node) {
      expect(wireType, BYTES, number);
      readInto(values, node.inlined, reader.message());
    } else readField(values, node.field, reader, wireType);
  }
}

function readField(values: Json, field: TypeField, reader: WireReader, wireType: number): void {
  const { name, shape } = field;
  if (shape === "map") {
    expect(wireType, BYTES, name);
    const entries = (values[name] ??= {}) as Json;
    const [key, value] = readEntry(field, reader.message());
    // Not by assignment, which would take the key `__proto__` for the object's prototype.
    Object.defineProperty(entries, key, { value, enumerable: true, writable: true, configurable: true });
  } else if (shape === "list") {
    const list = (values[name] ??= []) as unknown[];
    const packable = field.scalar && field.type !== "string" && field.type !== "bytes";
    if (packable && wireType === BYTES) {
      const packed = reader.message();
      while (packed.more()) list.push(readValue(field, packed, wireTypeOf(field)));
    } else list.push(readValue(field, reader, wireType));
  } else values[name] = readValue(field, reader, wireType);
}

function readEntry(field: TypeField, entry: WireReader): [key: string, value: unknown] {
  let key = "";
  let value = field.type === "bytes" ? "" : zeroOf(field);
  while (entry.more()) {
    const { number, wireType } = entry.tag();
    if (number === 1 && wireType === BYTES) key = entry.text();
    else if (number === 2) value = readValue(field, entry, wireType);
    else entry.skip(number, wireType);
  }
  return [key, value];
}

function readValue(field: TypeField, reader: WireReader, wireType: number): unknown {
  expect(wireType, wireTypeOf(field), field.name);
  if (!field.scalar) {
    const wellKnown = WELL_KNOWN[field.type];
    const message = reader.message();
    return wellKnown === undefined
      ? decodeMessage(field.type, message)
      : wellKnown.decode(message, decodeMessage);
  }
  switch (field.type) {
    case "string":
      return reader.text();
    case "bytes":
      return reader.bytes().toString("base64");
    case "bool":
      return reader.varint() !== 0n;
    case "int32":
      return Number(BigInt.asIntN(32, reader.varint()));
    case "int64":
      return Number(BigInt.asIntN(64, reader.varint()));
    case "double":
      return reader.double();
    default:
      throw new Error(`the type table has the unknown scalar ${field.type}`);
  }
}

function wireTypeOf({ scalar, type }: TypeField): number {
  if (!scalar || type === "string" || type === "bytes") return BYTES;
  return type === "double" ? FIXED64 : VARINT;
}

/** Leaves out and writes empty values as Go's JSON does by the field's tags. */
function likeGo(type: TableType, values: Json): Json {
  const object: Json = {};
  for (const field of type.fields) {
    const value = values[field.name];
    const single = field.shape === "value";
    if (single && !field.scalar) {
      // A struct is always written, whatever `omitempty` says.
      if (value !== undefined || field.empty !== "omit-zero-struct")
        object[field.name] = value ?? zeroOf(field);
      if (field.empty === "omit-zero-struct" && value === null) delete object[field.name];
    } else if (value === undefined || (single && isZero(value))) {
      if (field.empty === "write") object[field.name] = single ? zeroOf(field) : null;
    } else object[field.name] = value;
  }
  return object;
}

function isZero(value: unknown): boolean {
  return value === "" || value === 0 || value === false;
}

function zeroOf(field: TypeField): unknown {
  if (field.scalar) {
    return field.type === "string" ? "" : field.type === "bool" ? false : field.type === "bytes" ? null : 0;
  }
  const wellKnown = WELL_KNOWN[field.type];
  if (wellKnown !== undefined) return wellKnown.zero;
  const type = tableType(field.type);
  return type === undefined ? {} : likeGo(type, {});
}

function layoutOf(type: TableType): Layout {
  const known = layouts.get(type.name);
  if (known !== undefined) return known;
  const made = makeLayout(type.fields, 0);
  layouts.set(type.name, made);
  return made;
}

function makeLayout(fields: readonly TypeField[], level: number): Layout {
  const byNumber = Map.groupBy(fields, (field) => field.path[level] ?? 0);
  const layout = new Map<number, LayoutNode>();
  for (const [number, group] of byNumber) {
    const [field] = group;
    if (field === undefined) continue;
    const own = field.path.length === level + 1;
    layout.set(number, own ? { field } : { inlined: makeLayout(group, level + 1) });
  }
  return layout;
}

function expect(wireType: number, wanted: number, what: string | number): void {
  if (wireType !== wanted) throw malformed(`wrong wire type ${wireType} for field ${what}`);
}
