import type { KubeObject, ListMeta } from "@sandgate/contract";
import { AGE, NAME } from "../registry/columns/basic-columns.ts";
import type { PrinterColumn, ResourceDefinition } from "../registry/resource-definition.ts";
import { humanDuration } from "./age.ts";
import { compileJsonPath, type JsonPath } from "./json-path.ts";

export type Cell = string | number | boolean | null;

/** metav1.Table: what `kubectl get` prints. */
export interface Table {
  kind: "Table";
  apiVersion: string;
  metadata: ListMeta;
  columnDefinitions: TableColumn[];
  rows: { cells: Cell[]; object: object | null }[];
}

export interface TableColumn {
  name: string;
  type: string;
  format: string;
  description: string;
  priority: number;
}

export interface TableOptions {
  /** What a row carries of its object. */
  readonly includeObject: "Metadata" | "Object" | "None";
  /** Epoch milliseconds from which ages count. */
  readonly now: number;
  /** Version of meta.k8s.io; `v1` by default. */
  readonly version?: "v1" | "v1beta1";
  /** Of the list, or of the single object that is shown. */
  readonly metadata?: ListMeta;
  /** False leaves the column definitions out, as in every event of a watch but the first. */
  readonly headers?: boolean;
}

const paths = new WeakMap<PrinterColumn, JsonPath>();

/** Prints objects of one kind as a table, in their order. */
export function renderTable(
  definition: ResourceDefinition,
  objects: readonly KubeObject[],
  options: TableOptions,
): Table {
  const columns = columnsOf(definition);
  const apiVersion = `meta.k8s.io/${options.version ?? "v1"}`;
  return {
    kind: "Table",
    apiVersion,
    metadata: options.metadata ?? {},
    columnDefinitions: options.headers === false ? [] : columns.map(describe),
    rows: objects.map((object) => ({
      cells: columns.map((column) => cellOf(column, object, options.now)),
      object: rowObject(object, apiVersion, options.includeObject),
    })),
  };
}

/** A custom resource's name comes before its columns, and its age is the column of one that declares none. */
function columnsOf({ custom, columns }: ResourceDefinition): readonly PrinterColumn[] {
  if (!custom) return columns;
  const declared = columns.length === 0 ? [AGE] : columns;
  return declared[0]?.format === "name" ? declared : [NAME, ...declared];
}

function describe({ name, type, format, description, priority }: PrinterColumn): TableColumn {
  return { name, type, format: format ?? "", description: description ?? "", priority: priority ?? 0 };
}

function rowObject(
  object: KubeObject,
  apiVersion: string,
  include: TableOptions["includeObject"],
): object | null {
  if (include === "Object") return object;
  return include === "None" ? null : { kind: "PartialObjectMetadata", apiVersion, metadata: object.metadata };
}

function cellOf(column: PrinterColumn, object: KubeObject, now: number): Cell {
  if (column.value !== undefined) return column.value(object, now);
  if (column.jsonPath === undefined) return null;
  let path = paths.get(column);
  if (path === undefined) {
    path = compileJsonPath(column.jsonPath);
    paths.set(column, path);
  }
  const [found] = path(object);
  return found === undefined || found === null ? null : convert(column.type, found, now);
}

/** A value that is not of its column's type is left blank. */
function convert(type: PrinterColumn["type"], value: unknown, now: number): Cell {
  switch (type) {
    case "integer":
      return typeof value === "number" ? Math.trunc(value) : null;
    case "number":
      return typeof value === "number" ? value : null;
    case "boolean":
      return typeof value === "boolean" ? value : null;
    case "date": {
      if (typeof value !== "string") return null;
      const at = Date.parse(value);
      return Number.isNaN(at) ? "<invalid>" : humanDuration(now - at);
    }
    default:
      return typeof value === "string" ? value : JSON.stringify(value);
  }
}
