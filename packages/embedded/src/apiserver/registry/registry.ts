import type { SchemaTable } from "../schema/schema.ts";
import type { ResourceDefinition } from "./resource-definition.ts";

/** Which kinds are served now: the built-in rows and what CustomResourceDefinitions add. */
export interface Registry {
  /** Types of the built-in kinds. */
  readonly types: SchemaTable;
  find(group: string, version: string, plural: string): ResourceDefinition | undefined;
  findKind(group: string, version: string, kind: string): ResourceDefinition | undefined;
  /** Every served row, in the order in which the sources were set. */
  list(): readonly ResourceDefinition[];
  /** Replaces all rows of one source: `built-in`, or a CustomResourceDefinition's name. */
  set(source: string, definitions: readonly ResourceDefinition[]): void;
  remove(source: string): void;
  /** Called after each change; discovery and OpenAPI drop what they keep. */
  onChange(listener: () => void): void;
}

export function createRegistry(types: SchemaTable): Registry {
  const sources = new Map<string, readonly ResourceDefinition[]>();
  const byPlural = new Map<string, ResourceDefinition>();
  const byKind = new Map<string, ResourceDefinition>();
  const listeners: (() => void)[] = [];
  let rows: readonly ResourceDefinition[] = [];

  function rebuild(): void {
    rows = [...sources.values()].flat();
    byPlural.clear();
    byKind.clear();
    for (const row of rows) {
      byPlural.set(`${row.group}/${row.version}/${row.plural}`, row);
      byKind.set(`${row.group}/${row.version}/${row.kind}`, row);
    }
    for (const listener of listeners) listener();
  }

  return {
    types,
    find: (group, version, plural) => byPlural.get(`${group}/${version}/${plural}`),
    findKind: (group, version, kind) => byKind.get(`${group}/${version}/${kind}`),
    list: () => rows,
    set(source, definitions) {
      sources.set(source, definitions);
      rebuild();
    },
    remove(source) {
      if (sources.delete(source)) rebuild();
    },
    onChange(listener) {
      listeners.push(listener);
    },
  };
}
