// OpenAPI v2 in the protobuf form that kubectl asks for: gnostic's `openapi.v2.Document`, of which the table below has
// the messages and members that this server's document uses.
import { WireWriter } from "../protobuf/wire-writer.ts";

type Json = Readonly<Record<string, unknown>>;

/** Form of a member: a scalar, any value as YAML, or a message of the table; `[]` before it for a list. */
type Member = readonly [number: number, form: string];

interface Message {
  readonly members: Readonly<Record<string, Member>>;
  /** Number of the list that holds the `x-` members. */
  readonly extensions?: number;
  /** For a message that is a map in JSON: number of its list of pairs, and what the values are. */
  readonly map?: Member;
  /** For a message that is one value in JSON: the member which that is. */
  readonly only?: Member;
}

const MESSAGES: Readonly<Record<string, Message>> = {
  Document: {
    members: {
      swagger: [1, "text"],
      info: [2, "Info"],
      paths: [8, "Paths"],
      definitions: [9, "Definitions"],
    },
  },
  Info: { members: { title: [1, "text"], version: [2, "text"] } },
  Paths: { members: {}, map: [2, "PathItem"] },
  PathItem: {
    members: {
      get: [2, "Operation"],
      put: [3, "Operation"],
      post: [4, "Operation"],
      delete: [5, "Operation"],
      patch: [8, "Operation"],
      parameters: [9, "[]ParametersItem"],
    },
  },
  Operation: {
    members: {
      description: [3, "text"],
      operationId: [5, "text"],
      produces: [6, "[]text"],
      consumes: [7, "[]text"],
      parameters: [8, "[]ParametersItem"],
      responses: [9, "Responses"],
    },
    extensions: 13,
  },
  ParametersItem: { members: {}, only: [1, "Parameter"] },
  BodyParameter: {
    members: {
      description: [1, "text"],
      name: [2, "text"],
      in: [3, "text"],
      required: [4, "bool"],
      schema: [5, "Schema"],
    },
  },
  QueryParameter: {
    members: {
      required: [1, "bool"],
      in: [2, "text"],
      description: [3, "text"],
      name: [4, "text"],
      type: [6, "text"],
    },
  },
  PathParameter: {
    members: {
      required: [1, "bool"],
      in: [2, "text"],
      description: [3, "text"],
      name: [4, "text"],
      type: [5, "text"],
    },
  },
  Responses: { members: {}, map: [1, "ResponseValue"] },
  ResponseValue: { members: {}, only: [1, "Response"] },
  Response: { members: { description: [1, "text"], schema: [2, "SchemaItem"] } },
  SchemaItem: { members: {}, only: [1, "Schema"] },
  Definitions: { members: {}, map: [1, "Schema"] },
  Properties: { members: {}, map: [1, "Schema"] },
  Schema: {
    members: {
      $ref: [1, "text"],
      format: [2, "text"],
      title: [3, "text"],
      description: [4, "text"],
      default: [5, "any"],
      multipleOf: [6, "double"],
      maximum: [7, "double"],
      exclusiveMaximum: [8, "bool"],
      minimum: [9, "double"],
      exclusiveMinimum: [10, "bool"],
      maxLength: [11, "integer"],
      minLength: [12, "integer"],
      pattern: [13, "text"],
      maxItems: [14, "integer"],
      minItems: [15, "integer"],
      uniqueItems: [16, "bool"],
      maxProperties: [17, "integer"],
      minProperties: [18, "integer"],
      required: [19, "[]text"],
      enum: [20, "[]any"],
      additionalProperties: [21, "AdditionalProperties"],
      type: [22, "Type"],
      items: [23, "Items"],
      allOf: [24, "[]Schema"],
      properties: [25, "Properties"],
    },
    extensions: 31,
  },
  Type: { members: {}, only: [1, "text"] },
  Items: { members: {}, only: [1, "Schema"] },
};

/** Encodes an OpenAPI v2 document. Members that the table does not have are left out. */
export function encodeGnostic(document: Json): Buffer {
  return encode("Document", document).finish();
}

function encode(name: string, value: unknown): WireWriter {
  const writer = new WireWriter();
  if (name === "Parameter") {
    writeParameter(writer, value as Json);
    return writer;
  }
  if (name === "AdditionalProperties") {
    if (typeof value === "boolean") writer.bool(2, value);
    else writer.message(1, encode("Schema", value));
    return writer;
  }
  const message = MESSAGES[name];
  if (message === undefined) throw new Error(`gnostic has no message ${name}`);
  if (message.only !== undefined) {
    write(writer, message.only, value);
    return writer;
  }
  for (const [key, member] of Object.entries(value as Json)) {
    if (message.map !== undefined) {
      const pair = new WireWriter();
      pair.text(1, key);
      pair.message(2, encode(message.map[1], member));
      writer.message(message.map[0], pair);
    } else if (key.startsWith("x-")) {
      if (message.extensions !== undefined) writeExtension(writer, message.extensions, key, member);
    } else {
      const known = Object.hasOwn(message.members, key) ? message.members[key] : undefined;
      if (known !== undefined && member !== undefined) write(writer, known, member);
    }
  }
  return writer;
}

function write(writer: WireWriter, [number, form]: Member, value: unknown): void {
  if (form.startsWith("[]")) {
    for (const element of value as unknown[]) write(writer, [number, form.slice(2)], element);
    return;
  }
  switch (form) {
    case "text":
      writer.text(number, String(value));
      break;
    case "bool":
      writer.bool(number, value === true);
      break;
    case "integer":
      writer.integer(number, Number(value));
      break;
    case "double":
      writer.double(number, Number(value));
      break;
    case "any":
      writer.message(number, yaml(value));
      break;
    default:
      writer.message(number, encode(form, value));
  }
}

/** Where a parameter stands is told by which of several messages it is. */
function writeParameter(writer: WireWriter, parameter: Json): void {
  if (parameter["in"] === "body") {
    writer.message(1, encode("BodyParameter", parameter));
    return;
  }
  const other = new WireWriter();
  if (parameter["in"] === "path") other.message(4, encode("PathParameter", parameter));
  else other.message(3, encode("QueryParameter", parameter));
  writer.message(2, other);
}

function writeExtension(writer: WireWriter, number: number, key: string, value: unknown): void {
  const pair = new WireWriter();
  pair.text(1, key);
  pair.message(2, yaml(value));
  writer.message(number, pair);
}

/** Any value; JSON is YAML too. */
function yaml(value: unknown): WireWriter {
  const any = new WireWriter();
  any.text(2, `${JSON.stringify(value)}\n`);
  return any;
}
