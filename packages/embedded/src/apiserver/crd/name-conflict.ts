import type { Registry } from "../registry/registry.ts";
import type { ResourceDefinition } from "../registry/resource-definition.ts";
import type { CustomResourceDefinition } from "./custom-resource-definition.ts";

export interface NameConflict {
  readonly reason: string;
  readonly message: string;
}

/** The first name of a definition that another kind of the same group has already; undefined if they are all free. */
export function findNameConflict(
  registry: Registry,
  { spec, metadata }: CustomResourceDefinition,
): NameConflict | undefined {
  const { group, names } = spec;
  const others = registry
    .list()
    .filter((row) => row.group === group && !(row.custom && `${row.plural}.${row.group}` === metadata.name));
  if (others.length === 0) return undefined;
  const resources = new Set(others.flatMap(resourceNames));
  const kinds = new Set(others.flatMap((row) => [row.kind, row.listKind]));
  if (resources.has(names.plural)) return conflict("PluralConflict", names.plural);
  if (names.singular !== undefined && resources.has(names.singular)) {
    return conflict("SingularConflict", names.singular);
  }
  const short = names.shortNames?.find((each) => resources.has(each));
  if (short !== undefined) return conflict("ShortNamesConflict", short);
  if (kinds.has(names.kind)) return conflict("KindConflict", names.kind);
  if (names.listKind !== undefined && kinds.has(names.listKind)) {
    return conflict("ListKindConflict", names.listKind);
  }
  return undefined;
}

function resourceNames({ plural, singular, shortNames }: ResourceDefinition): string[] {
  return [plural, singular, ...shortNames];
}

function conflict(reason: string, name: string): NameConflict {
  return { reason, message: `${JSON.stringify(name)} is already in use` };
}
