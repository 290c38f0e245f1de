import type { FieldNode, FieldSet } from "./field-set.ts";
import { DEDUCED, type MergeType } from "./merge-type.ts";
import type { PathElement } from "./path-element.ts";

/**
 * Brings a set that an older schema wrote in line with this one: of a list or map that is owned as a whole now, the set
 * holds the whole and nothing below it.
 *
 * @returns The same set if there is nothing to do.
 */
export function reconcileSet(set: FieldSet, type: MergeType): FieldSet {
  let result: Map<PathElement, FieldNode> | undefined;
  for (const [element, node] of set) {
    if (node.children === undefined) continue;
    const below = typeBelow(type, element);
    if (below === undefined || below === DEDUCED) continue;
    const reconciled = reconcileNode(node, node.children, below);
    if (reconciled !== node) {
      result ??= new Map(set);
      result.set(element, reconciled);
    }
  }
  return result ?? set;
}

function reconcileNode(node: FieldNode, children: FieldSet, type: MergeType): FieldNode {
  const whole = type.map === undefined ? type.list !== undefined && !type.list.associative : type.map.atomic;
  if (whole && type.scalar === undefined) return { member: true, children: undefined };
  const below = reconcileSet(children, type);
  return below === children ? node : { member: node.member, children: below };
}

function typeBelow(type: MergeType, element: PathElement): MergeType | undefined {
  if (element.startsWith("f:")) return type.map?.field(element.slice(2)) ?? type.map?.element();
  return type.list?.element();
}
