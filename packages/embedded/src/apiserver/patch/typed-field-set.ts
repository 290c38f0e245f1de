import { type FieldSet, insertPath, type MutableFieldSet } from "./field-set.ts";
import { isJsonObject } from "./json-value.ts";
import { itemElement } from "./list-item.ts";
import { type ListType, type MapType, memberType, type MergeType, narrow } from "./merge-type.ts";
import { fieldElement, type PathElement } from "./path-element.ts";

/** The paths that a value names: leaves, items of associative lists, and members of open maps. */
export function fieldSetOf(value: unknown, type: MergeType): FieldSet {
  const set: MutableFieldSet = new Map();
  const path: PathElement[] = [];

  function visit(current: unknown, open: MergeType): void {
    const { map, scalar, list } = narrow(open, current);
    if (map !== undefined) visitMap(current, map);
    else if (scalar !== undefined) insertPath(set, path);
    else if (list !== undefined) visitList(current, list);
  }

  function visitMap(current: unknown, map: MapType): void {
    if (map.atomic) return insertPath(set, path);
    if (!isJsonObject(current)) return;
    for (const [name, child] of Object.entries(current)) {
      path.push(fieldElement(name));
      visit(child, memberType(map, name));
      if (child === null || isEmptyMap(child) || map.field(name) === undefined) insertPath(set, path);
      path.pop();
    }
  }

  function visitList(current: unknown, list: ListType): void {
    if (!list.associative) return insertPath(set, path);
    if (!Array.isArray(current)) return;
    const items = new Map<PathElement, unknown[]>();
    for (const item of current) {
      const element = itemElement(list, item);
      if (typeof element !== "string") continue;
      const twins = items.get(element);
      if (twins === undefined) items.set(element, [item]);
      else twins.push(item);
    }
    for (const [element, twins] of items) {
      path.push(element);
      // Of items that are there twice only the key is owned, since nothing below tells them apart.
      if (twins.length === 1) visit(twins[0], list.element());
      insertPath(set, path);
      path.pop();
    }
  }

  visit(value, type);
  return set;
}

function isEmptyMap(value: unknown): boolean {
  if (!isJsonObject(value)) return false;
  for (const _ in value) return false;
  return true;
}
