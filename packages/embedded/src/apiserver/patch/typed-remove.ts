import { EMPTY_SET, type FieldNode, type FieldSet } from "./field-set.ts";
import { isJsonObject, type JsonObject, setMember } from "./json-value.ts";
import { itemElement } from "./list-item.ts";
import { DEDUCED, memberType, type MergeType, narrow } from "./merge-type.ts";
import { fieldElement, type PathElement } from "./path-element.ts";

/**
 * A value without the members and items of a set. What is left empty by that becomes null; a list or map that is owned
 * as a whole does so too if the set reaches into it.
 */
export function removeFields(value: unknown, set: FieldSet, type: MergeType): unknown {
  if (set.size === 0) return value;
  const { map, list, scalar } = narrow(type, value);
  if (map !== undefined) {
    if (!isJsonObject(value) || map.atomic) return null;
    const rest: JsonObject = {};
    let size = 0;
    for (const [name, child] of Object.entries(value)) {
      const node = set.get(fieldElement(name));
      if (node?.member) continue;
      setMember(rest, name, removeBelow(child, node, memberType(map, name)));
      size++;
    }
    return size === 0 ? null : rest;
  }
  if (scalar !== undefined || list === undefined) return value;
  if (!Array.isArray(value) || !list.associative) return null;
  const rest: unknown[] = [];
  for (const item of value as unknown[]) {
    const element = itemElement(list, item);
    const node = typeof element === "string" ? set.get(element) : undefined;
    if (!node?.member) rest.push(removeBelow(item, node, list.element()));
  }
  return rest.length === 0 ? null : rest;
}

function removeBelow(value: unknown, node: FieldNode | undefined, type: MergeType): unknown {
  return node?.children === undefined ? value : removeFields(value, node.children, type);
}

/** The set and every declared field on the way to one of its paths, which sets themselves leave out. */
export function withNamedFields(set: FieldSet, type: MergeType | undefined): FieldSet {
  const result = new Map<PathElement, FieldNode>();
  for (const [element, node] of set) {
    let below: MergeType | undefined;
    let named = false;
    if (element.startsWith("f:") && type?.map !== undefined) {
      const declared = type.map.field(element.slice(2));
      named = declared !== undefined;
      below = declared ?? type.map.element() ?? DEDUCED;
    } else if (element.startsWith("k:")) {
      below = type?.list?.element();
    }
    if (node.children === undefined) {
      result.set(element, node);
    } else {
      result.set(element, {
        member: node.member || named,
        children: withNamedFields(node.children ?? EMPTY_SET, below),
      });
    }
  }
  return result;
}
