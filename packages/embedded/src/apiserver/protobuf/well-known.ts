import { formatQuantity, parseQuantity } from "../registry/quantity.ts";
import { BYTES, WireReader, malformed } from "./wire-reader.ts";

/** Decodes a message of the named type of the table. */
export type DecodeMessage = (type: string, reader: WireReader) => Record<string, unknown>;

export interface WellKnown {
  decode(reader: WireReader, decodeMessage: DecodeMessage): unknown;
  /** JSON of Go's zero value, which is what an absent field that is no pointer has. */
  readonly zero: unknown;
}

const SCHEMA = "apiextensions.JSONSchemaProps";
/** From the year 0 to the year 9999, all that RFC 3339 can say. */
const FIRST_SECOND = -62_167_219_200n;
const LAST_SECOND = 253_402_300_799n;

/** Types that JSON does not write as an object of their fields. */
export const WELL_KNOWN: Readonly<Record<string, WellKnown>> = {
  "meta.Time": { zero: null, decode: (reader) => decodeTime(reader)?.slice(0, 19).concat("Z") ?? null },
  "meta.MicroTime": { zero: null, decode: (reader) => decodeTime(reader) ?? null },
  "meta.FieldsV1": { zero: null, decode: (reader) => rawJson(reader) },
  "resource.Quantity": { zero: "0", decode: decodeQuantity },
  "intstr.IntOrString": { zero: 0, decode: decodeIntOrString },
  "runtime.RawExtension": { zero: null, decode: (reader) => rawJson(reader) },
  "apiextensions.JSON": { zero: null, decode: (reader) => rawJson(reader) },
  "apiextensions.JSONSchemaPropsOrArray": {
    zero: null,
    decode(reader, decodeMessage) {
      const { schema, rest } = schemaOr(reader, decodeMessage, (list) =>
        decodeMessage(SCHEMA, list.message()),
      );
      return rest.length > 0 ? rest : (schema ?? null);
    },
  },
  "apiextensions.JSONSchemaPropsOrStringArray": {
    zero: null,
    decode(reader, decodeMessage) {
      const { schema, rest } = schemaOr(reader, decodeMessage, (list) => list.text());
      return rest.length > 0 ? rest : (schema ?? null);
    },
  },
  "apiextensions.JSONSchemaPropsOrBool": {
    zero: false,
    decode(reader, decodeMessage) {
      let allows = false;
      let schema: unknown;
      eachField(reader, (number, wireType) => {
        if (number === 1 && wireType === 0) allows = reader.varint() !== 0n;
        else if (number === 2 && wireType === BYTES) schema = decodeMessage(SCHEMA, reader.message());
        else reader.skip(number, wireType);
      });
      return schema ?? allows;
    },
  },
  "authentication.ExtraValue": { zero: null, decode: decodeStrings },
  "authorization.ExtraValue": { zero: null, decode: decodeStrings },
};

function eachField(reader: WireReader, field: (number: number, wireType: number) => void): void {
  while (reader.more()) {
    const { number, wireType } = reader.tag();
    field(number, wireType);
  }
}

/** RFC 3339 with six digits of a second; undefined for the zero time, which has no bytes. */
function decodeTime(reader: WireReader): string | undefined {
  if (!reader.more()) return undefined;
  let seconds = 0n;
  let nanos = 0;
  eachField(reader, (number, wireType) => {
    if (number === 1 && wireType === 0) seconds = BigInt.asIntN(64, reader.varint());
    else if (number === 2 && wireType === 0) nanos = Number(BigInt.asIntN(32, reader.varint()));
    else reader.skip(number, wireType);
  });
  if (seconds < FIRST_SECOND || seconds > LAST_SECOND)
    throw malformed("a time outside of the years 0 to 9999");
  if (nanos < 0 || nanos > 999_999_999) throw malformed("a time with more than a second of nanoseconds");
  const text = new Date(Number(seconds) * 1000).toISOString().slice(0, 19);
  return `${text}.${String(Math.trunc(nanos / 1000)).padStart(6, "0")}Z`;
}

function decodeQuantity(reader: WireReader): string {
  let text = "0";
  eachField(reader, (number, wireType) => {
    if (number === 1 && wireType === BYTES) text = reader.text();
    else reader.skip(number, wireType);
  });
  const quantity = parseQuantity(text);
  if (quantity === undefined) throw malformed(`${JSON.stringify(text)} is no quantity`);
  return formatQuantity(quantity);
}

function decodeIntOrString(reader: WireReader): number | string {
  let type = 0n;
  let integer = 0;
  let text = "";
  eachField(reader, (number, wireType) => {
    if (number === 1 && wireType === 0) type = reader.varint();
    else if (number === 2 && wireType === 0) integer = Number(BigInt.asIntN(32, reader.varint()));
    else if (number === 3 && wireType === BYTES) text = reader.text();
    else reader.skip(number, wireType);
  });
  if (type > 1n) throw malformed("a value that is neither a number nor a text");
  return type === 0n ? integer : text;
}

function decodeStrings(reader: WireReader): string[] {
  const values: string[] = [];
  eachField(reader, (number, wireType) => {
    if (number === 1 && wireType === BYTES) values.push(reader.text());
    else reader.skip(number, wireType);
  });
  return values;
}

function rawJson(reader: WireReader): unknown {
  let raw: string | undefined;
  eachField(reader, (number, wireType) => {
    if (number === 1 && wireType === BYTES) raw = reader.text();
    else reader.skip(number, wireType);
  });
  if (raw === undefined || raw === "") return null;
  try {
    const value: unknown = JSON.parse(raw);
    return value;
  } catch {
    throw malformed("a member that should be JSON is none");
  }
}

function schemaOr<T>(
  reader: WireReader,
  decodeMessage: DecodeMessage,
  element: (reader: WireReader) => T,
): { schema: unknown; rest: T[] } {
  let schema: unknown;
  const rest: T[] = [];
  eachField(reader, (number, wireType) => {
    if (number === 1 && wireType === BYTES) schema = decodeMessage(SCHEMA, reader.message());
    else if (number === 2 && wireType === BYTES) rest.push(element(reader));
    else reader.skip(number, wireType);
  });
  return { schema, rest };
}
