/** One field of a protobuf message. */
export interface ProtoField {
  readonly name: string;
  /** Scalar type, or a message's name qualified by its package. */
  readonly type: string;
  readonly shape: "single" | "list" | "map";
}

/** Messages by qualified name, fields by number. */
export type ProtoMessages = Map<string, Map<number, ProtoField>>;

const SCALARS = new Set(["string", "bool", "int32", "int64", "uint32", "uint64", "double", "float", "bytes"]);
const FIELD = /^ {2}(?:(optional|repeated|required) )?(map<string, )?\.?([\w.]+)(?:>)? (\w+) = (\d+);/;

/** Adds the messages of one `generated.proto`, which go-to-protobuf writes one field per line and without nesting. */
export function readProtoMessages(source: string, into: ProtoMessages): void {
  const scope = /^package ([\w.]+);/m.exec(source)?.[1];
  if (scope === undefined) throw new Error("a .proto file without package");
  let fields: Map<number, ProtoField> | undefined;
  for (const line of source.split("\n")) {
    const message = /^message (\w+) \{/.exec(line);
    if (message !== null) {
      fields = new Map();
      into.set(`${scope}.${message[1]}`, fields);
      continue;
    }
    if (line === "}") fields = undefined;
    const match = FIELD.exec(line);
    if (fields === undefined || match === null) continue;
    const [, label, map, type = "", name = "", number] = match;
    fields.set(Number(number), {
      name,
      type: SCALARS.has(type) || type.includes(".") ? type : `${scope}.${type}`,
      shape: map !== undefined ? "map" : label === "repeated" ? "list" : "single",
    });
  }
}
