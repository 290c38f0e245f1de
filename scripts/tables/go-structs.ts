/** What the struct tags of a Go API type say about how a field is written as JSON. */
export interface GoField {
  readonly goName: string;
  /** Go type as written, as in `*Probe` or `[]corev1.Taint`. */
  readonly goType: string;
  /** Name in JSON; undefined for a field that is inlined. */
  readonly jsonName: string | undefined;
  readonly omitEmpty: boolean;
  readonly omitZero: boolean;
  /** Number of the field in protobuf; undefined for what protobuf does not carry (`TypeMeta`). */
  readonly number: number | undefined;
}

export interface GoTypes {
  readonly structs: ReadonlyMap<string, readonly GoField[]>;
  /** Values of the string types marked `+enum`. */
  readonly enums: ReadonlyMap<string, readonly string[]>;
}

const FIELD = /^\t(?:(\w+)\s+)?(\*?[\w.[\]*]+)\s+`([^`]*)`/;

/** Reads the struct and enum declarations of a Go source file as gofmt writes it. */
export function parseGoTypes(source: string): GoTypes {
  const structs = new Map<string, GoField[]>();
  const marked = new Set<string>();
  const values = new Map<string, string[]>();
  let fields: GoField[] | undefined;
  let enumNext = false;
  for (const line of source.split("\n")) {
    if (fields !== undefined) {
      if (line === "}") fields = undefined;
      else {
        const field = parseField(line);
        if (field !== undefined) fields.push(field);
      }
      continue;
    }
    if (/^\/\/ ?\+enum\s*$/.test(line)) enumNext = true;
    const declared = /^type (\w+) (struct ?\{\}?|string)/.exec(line);
    if (declared !== null) {
      const [, name = "", form] = declared;
      if (form === "string") {
        if (enumNext) marked.add(name);
      } else {
        const members: GoField[] = [];
        structs.set(name, members);
        if (!form?.endsWith("}")) fields = members;
      }
    }
    if (!line.startsWith("//")) enumNext = false;
    const constant = /^(?:\t|const )\w+\s+(\w+)\s*=\s*"([^"]*)"/.exec(line);
    if (constant?.[1] !== undefined && constant[2] !== undefined) {
      const list = values.get(constant[1]) ?? [];
      list.push(constant[2]);
      values.set(constant[1], list);
    }
  }
  return {
    structs,
    enums: new Map([...marked].map((name) => [name, [...new Set(values.get(name) ?? [])].sort()])),
  };
}

function parseField(line: string): GoField | undefined {
  const match = FIELD.exec(line);
  if (match === null) return undefined;
  const [, name, goType = "", tags = ""] = match;
  const json = /json:"([^"]*)"/.exec(tags)?.[1]?.split(",");
  if (json === undefined || json[0] === "-") return undefined;
  const number = /protobuf:"\w+,(\d+)/.exec(tags)?.[1];
  return {
    goName: name ?? goType.replace(/^.*\./, ""),
    goType,
    // An embedded struct without a name in its tag is inlined, with or without the word `inline`.
    jsonName: json[0] === "" ? undefined : json[0],
    omitEmpty: json.includes("omitempty"),
    omitZero: json.includes("omitzero"),
    number: number === undefined ? undefined : Number(number),
  };
}
