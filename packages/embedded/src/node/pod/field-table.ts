/** What the node does with one field of a pod. */
export interface FieldRow {
  /** Why it changes nothing here; absent where it is carried out. */
  idle?: string;
  /** Values that are refused. */
  refuse?: RefusedValues;
  /** Its members, where it is an object and they are looked at. */
  members?: FieldTable;
  /** The members of each item, where it is a list. */
  each?: FieldTable;
}

export interface RefusedValues {
  /** In words, for the documentation. */
  values: string;
  test: (value: unknown) => boolean;
  reason: string;
}

/** The fields of one object. A field without a row is refused: nothing that was asked for is left out in silence. */
export interface FieldTable {
  rows: Readonly<Record<string, FieldRow>>;
  /** Why a field without a row is refused. */
  otherwise: string;
}

/** A field that this node refuses, by its path, with the reason. */
export interface Refusal {
  field: string;
  reason: string;
}

/** What in an object its table refuses, in the object's order. */
export function refusalsOf(value: object, table: FieldTable, path: string): Refusal[] {
  return Object.entries(value).flatMap(([field, content]: [string, unknown]) => {
    if (content === undefined || content === null) return [];
    const at = `${path}.${field}`;
    const row = Object.hasOwn(table.rows, field) ? table.rows[field] : undefined;
    if (row === undefined) return [{ field: at, reason: table.otherwise }];
    const { refuse, members, each } = row;
    if (refuse?.test(content) === true) return [{ field: at, reason: refuse.reason }];
    if (members !== undefined && typeof content === "object") return refusalsOf(content, members, at);
    if (each === undefined || !Array.isArray(content)) return [];
    return content.flatMap((item: unknown, index) =>
      typeof item === "object" && item !== null ? refusalsOf(item, each, `${at}[${index}]`) : [],
    );
  });
}
