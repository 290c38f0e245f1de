import type { PathElement } from "./path-element.ts";

/**
 * A set of field paths as a tree. A node says whether its own path is in the set, and holds what lies below it; a node
 * that does neither is not in the tree. Sets are never changed once another set may share their nodes: the functions
 * below return new ones, only `insertPath` builds in place.
 */
export type FieldSet = ReadonlyMap<PathElement, FieldNode>;

export interface FieldNode {
  readonly member: boolean;
  readonly children: FieldSet | undefined;
}

/** A set under construction. */
export type MutableFieldSet = Map<PathElement, MutableFieldNode>;

interface MutableFieldNode {
  member: boolean;
  children: MutableFieldSet | undefined;
}

export const EMPTY_SET: FieldSet = new Map();

/** Adds a path to a set under construction. The empty path, the object itself, is never tracked. */
export function insertPath(set: MutableFieldSet, path: readonly PathElement[]): void {
  let level = set;
  for (let depth = 0; depth < path.length; depth++) {
    const element = path[depth] ?? "";
    let node = level.get(element);
    if (node === undefined) {
      node = { member: false, children: undefined };
      level.set(element, node);
    }
    if (depth === path.length - 1) node.member = true;
    else level = node.children ??= new Map();
  }
}

/** A set of the given paths. */
export function fieldSet(...paths: readonly (readonly PathElement[])[]): FieldSet {
  const set: MutableFieldSet = new Map();
  for (const path of paths) insertPath(set, path);
  return set;
}

export function union(left: FieldSet, right: FieldSet): FieldSet {
  if (right.size === 0) return left;
  if (left.size === 0) return right;
  const result = new Map(left);
  for (const [element, node] of right) {
    const other = result.get(element);
    result.set(
      element,
      other === undefined
        ? node
        : {
            member: other.member || node.member,
            children: union(other.children ?? EMPTY_SET, node.children ?? EMPTY_SET),
          },
    );
  }
  return result;
}

export function intersection(left: FieldSet, right: FieldSet): FieldSet {
  if (left.size > right.size) return intersection(right, left);
  const result = new Map<PathElement, FieldNode>();
  for (const [element, node] of left) {
    const other = right.get(element);
    if (other === undefined) continue;
    const children =
      node.children === undefined || other.children === undefined
        ? EMPTY_SET
        : intersection(node.children, other.children);
    keep(result, element, node.member && other.member, children);
  }
  return result;
}

/** Paths of `left` that are not in `right`. A path below one in `right` stays. */
export function difference(left: FieldSet, right: FieldSet): FieldSet {
  return subtract(left, right, false);
}

/** Paths of `left` that are neither in `right` nor below a path in it. */
export function recursiveDifference(left: FieldSet, right: FieldSet): FieldSet {
  return subtract(left, right, true);
}

function subtract(left: FieldSet, right: FieldSet, recursive: boolean): FieldSet {
  if (left.size === 0 || right.size === 0) return left;
  const result = new Map<PathElement, FieldNode>();
  let changed = false;
  for (const [element, node] of left) {
    const other = right.get(element);
    if (other === undefined) {
      result.set(element, node);
      continue;
    }
    if (recursive && other.member) {
      changed = true;
      continue;
    }
    const member = node.member && !other.member;
    const children = node.children ?? EMPTY_SET;
    const rest = other.children === undefined ? children : subtract(children, other.children, recursive);
    if (member === node.member && rest === children) {
      result.set(element, node);
    } else {
      changed = true;
      keep(result, element, member, rest);
    }
  }
  return changed ? result : left;
}

function keep(
  set: Map<PathElement, FieldNode>,
  element: PathElement,
  member: boolean,
  children: FieldSet,
): void {
  if (member || children.size > 0) {
    set.set(element, { member, children: children.size === 0 ? undefined : children });
  }
}
