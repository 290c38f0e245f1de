import { type FieldSet, insertPath, type MutableFieldSet } from "./field-set.ts";
import { isJsonEqual, isJsonObject, type JsonObject, ownMember } from "./json-value.ts";
import { itemElement } from "./list-item.ts";
import { type ListType, type MapType, memberType, type MergeType, narrow } from "./merge-type.ts";
import { fieldElement, type PathElement } from "./path-element.ts";
import { TypedError } from "./typed-error.ts";

/** What differs between two objects of one type. No path is in two of the sets. */
export interface Comparison {
  readonly removed: FieldSet;
  readonly modified: FieldSet;
  readonly added: FieldSet;
}

/**
 * Compares two values path by path; equal parts are skipped as a whole.
 *
 * @throws TypedError if an item of an associative list lacks its keys.
 */
export function compareTyped(left: unknown, right: unknown, type: MergeType): Comparison {
  const walker = new Walker();
  walker.compare(left, right, type);
  return walker;
}

class Walker implements Comparison {
  readonly removed: MutableFieldSet = new Map();
  readonly modified: MutableFieldSet = new Map();
  readonly added: MutableFieldSet = new Map();
  readonly #path: PathElement[] = [];

  /** Either side is undefined where it has no such value. */
  compare(left: unknown, right: unknown, type: MergeType): void {
    if (left !== undefined && right !== undefined && isJsonEqual(left, right)) return;
    const leftType = narrow(type, left);
    const rightType = narrow(type, right);
    let leaf: boolean;
    if (right === undefined) leaf = this.#visit(left, right, leftType);
    else if (left === undefined || isSameShape(leftType, rightType))
      leaf = this.#visit(left, right, rightType);
    else {
      // A value that changed from one shape to another is compared as each.
      this.#visit(left, right, leftType);
      leaf = this.#visit(left, right, rightType);
    }
    if (leaf) return;
    if (left === undefined) insertPath(this.added, this.#path);
    else if (right === undefined) insertPath(this.removed, this.#path);
  }

  /** @returns Whether the value counts as one leaf. */
  #visit(left: unknown, right: unknown, { map, scalar, list }: MergeType): boolean {
    if (map !== undefined) return this.#visitMap(left, right, map);
    if (scalar === undefined && list !== undefined) return this.#visitList(left, right, list);
    return this.#leaf(left, right);
  }

  #leaf(left: unknown, right: unknown): true {
    if (left === undefined) insertPath(this.added, this.#path);
    else if (right === undefined) insertPath(this.removed, this.#path);
    else if (!isJsonEqual(left, right)) insertPath(this.modified, this.#path);
    return true;
  }

  #visitMap(left: unknown, right: unknown, map: MapType): boolean {
    const leftMap = isJsonObject(left) ? left : {};
    const rightMap = isJsonObject(right) ? right : {};
    // Two empty maps, or an empty one and none, differ as leaves do: that keeps null and {} apart.
    if (map.atomic || (isEmpty(leftMap) && isEmpty(rightMap))) return this.#leaf(left, right);
    for (const name in leftMap) this.#member(name, leftMap[name], ownMember(rightMap, name), map);
    for (const name in rightMap) {
      if (ownMember(leftMap, name) === undefined) this.#member(name, undefined, rightMap[name], map);
    }
    return false;
  }

  #member(name: string, left: unknown, right: unknown, map: MapType): void {
    if (left === undefined && right === undefined) return;
    if (left !== undefined && right !== undefined && isJsonEqual(left, right)) return;
    this.#path.push(fieldElement(name));
    this.compare(left, right, memberType(map, name));
    this.#path.pop();
  }

  #visitList(left: unknown, right: unknown, list: ListType): boolean {
    const leftList: readonly unknown[] = Array.isArray(left) ? left : [];
    const rightList: readonly unknown[] = Array.isArray(right) ? right : [];
    if (!list.associative || (leftList.length === 0 && rightList.length === 0))
      return this.#leaf(left, right);
    const leftItems = this.#index(leftList, list);
    const rightItems = this.#index(rightList, list);
    for (const [element, twins] of leftItems)
      this.#items(element, twins, rightItems.get(element) ?? [], list);
    for (const [element, twins] of rightItems) {
      if (!leftItems.has(element)) this.#items(element, [], twins, list);
    }
    return false;
  }

  #index(items: readonly unknown[], list: ListType): Map<PathElement, unknown[]> {
    const index = new Map<PathElement, unknown[]>();
    for (const [position, item] of items.entries()) {
      const element = itemElement(list, item);
      if (typeof element !== "string") {
        throw new TypedError([{ path: [...this.#path], message: `element ${position}: ${element.problem}` }]);
      }
      const twins = index.get(element);
      if (twins === undefined) index.set(element, [item]);
      else twins.push(item);
    }
    return index;
  }

  /** Compares the items of one key. Where a key is there more than once, its items count as one leaf. */
  #items(element: PathElement, left: readonly unknown[], right: readonly unknown[], list: ListType): void {
    this.#path.push(element);
    if (left.length <= 1 && right.length <= 1) {
      this.compare(left[0], right[0], list.element());
    } else if (left.length >= 2 && right.length >= 2) {
      if (!isJsonEqual(left, right)) insertPath(this.modified, this.#path);
    } else if (left.length >= 2) {
      if (right.length === 1) this.compare(undefined, right[0], list.element());
      insertPath(this.removed, this.#path);
    } else {
      if (left.length === 1) this.compare(left[0], undefined, list.element());
      insertPath(this.added, this.#path);
    }
    this.#path.pop();
  }
}

function isSameShape(left: MergeType, right: MergeType): boolean {
  return left.map === right.map && left.scalar === right.scalar && left.list === right.list;
}

function isEmpty(value: JsonObject): boolean {
  for (const _ in value) return false;
  return true;
}
