import { isJsonObject, type JsonObject, ownMember, setMember } from "./json-value.ts";
import { itemElement } from "./list-item.ts";
import { type ListType, type MapType, memberType, type MergeType, narrow } from "./merge-type.ts";
import type { PathElement } from "./path-element.ts";
import { TypedError } from "./typed-error.ts";

/**
 * Merges what was applied into an object: nothing is removed, every leaf that `applied` names has its value, and items
 * of associative lists are in the order of `applied` as far as it names them.
 *
 * @throws TypedError if an item of an associative list lacks its keys, or `applied` has one twice.
 */
export function mergeTyped(live: unknown, applied: unknown, type: MergeType): unknown {
  const leftType = narrow(type, live);
  const rightType = narrow(type, applied);
  if (applied === undefined) return visit(live, applied, leftType);
  // Where the shapes differ, the applied one decides.
  return visit(live, applied, rightType);
}

function visit(left: unknown, right: unknown, { map, scalar, list }: MergeType): unknown {
  if (map !== undefined) return mergeMap(left, right, map);
  if (scalar === undefined && list !== undefined) return mergeList(left, right, list);
  return rightmost(left, right);
}

function rightmost(left: unknown, right: unknown): unknown {
  return right === undefined ? left : right;
}

function mergeMap(left: unknown, right: unknown, map: MapType): unknown {
  const leftMap = isJsonObject(left) ? left : {};
  const rightMap = isJsonObject(right) ? right : {};
  const leftNames = Object.keys(leftMap);
  const rightNames = Object.keys(rightMap);
  if (map.atomic || (leftNames.length === 0 && rightNames.length === 0)) return rightmost(left, right);
  if (rightNames.length === 0) return left;
  const merged: JsonObject = {};
  for (const name of leftNames) {
    setMember(merged, name, mergeTyped(leftMap[name], ownMember(rightMap, name), memberType(map, name)));
  }
  for (const name of rightNames) {
    if (!Object.hasOwn(leftMap, name)) {
      setMember(merged, name, mergeTyped(undefined, rightMap[name], memberType(map, name)));
    }
  }
  return merged;
}

interface IndexedItems {
  readonly elements: readonly PathElement[];
  /** Undefined for a key that several items have. */
  readonly byElement: ReadonlyMap<PathElement, unknown>;
}

function mergeList(left: unknown, right: unknown, list: ListType): unknown {
  const leftList: readonly unknown[] = Array.isArray(left) ? left : [];
  const rightList: readonly unknown[] = Array.isArray(right) ? right : [];
  if (!list.associative || (leftList.length === 0 && rightList.length === 0)) return rightmost(left, right);
  const applied = indexItems(rightList, list, false);
  const live = indexItems(leftList, list, true);
  const mergeItem = (element: PathElement): unknown =>
    mergeTyped(live.byElement.get(element), applied.byElement.get(element), list.element());

  const merged: unknown[] = [];
  const done = new Set<PathElement>();
  const shared = applied.elements.filter((element) => live.byElement.has(element));
  let sharedIndex = 0;
  let leftIndex = 0;
  let rightIndex = 0;
  while (leftIndex < live.elements.length || rightIndex < applied.elements.length) {
    const leftElement = live.elements[leftIndex];
    const rightElement = applied.elements[rightIndex];
    if (leftElement !== undefined && leftElement === rightElement) {
      done.add(leftElement);
      merged.push(mergeItem(leftElement));
      leftIndex++;
      rightIndex++;
      sharedIndex++;
      continue;
    }
    if (leftElement !== undefined) {
      const isApplied = applied.byElement.has(leftElement);
      const nextShared = shared[sharedIndex];
      if (rightElement !== undefined && isApplied && nextShared !== undefined && nextShared !== leftElement) {
        // Its turn comes where `applied` has it.
        leftIndex++;
        continue;
      }
      if (!isApplied) {
        merged.push(mergeTyped(leftList[leftIndex], undefined, list.element()));
        leftIndex++;
        continue;
      }
      if (done.has(leftElement)) leftIndex++;
    }
    if (rightElement !== undefined) {
      done.add(rightElement);
      merged.push(mergeItem(rightElement));
      rightIndex++;
      if (shared[sharedIndex] === rightElement) sharedIndex++;
    }
  }
  return merged;
}

function indexItems(items: readonly unknown[], list: ListType, twins: boolean): IndexedItems {
  const elements: PathElement[] = [];
  const byElement = new Map<PathElement, unknown>();
  for (const [index, item] of items.entries()) {
    const element = itemElement(list, item);
    if (typeof element !== "string") {
      throw new TypedError([{ path: [], message: `element ${index}: ${element.problem}` }]);
    }
    if (!byElement.has(element)) {
      byElement.set(element, item);
    } else if (twins) {
      // Items that are there more than once do not merge with an applied one, which replaces them all.
      byElement.set(element, undefined);
    } else {
      throw new TypedError([{ path: [], message: `duplicate entries for key ${element.slice(2)}` }]);
    }
    elements.push(element);
  }
  return { elements, byElement };
}
