import { EMPTY_SET, type FieldNode, type FieldSet, union } from "./field-set.ts";
import { isJsonObject, type JsonObject, setMember } from "./json-value.ts";
import { parsePathElement, type PathElement, sortPathElements } from "./path-element.ts";

/**
 * Reads a set of fields as managedFields carry it (`fieldsV1`).
 *
 * @throws SyntaxError if it is malformed.
 */
export function parseFieldsV1(fields: unknown): FieldSet {
  return parseNode(fields).children ?? EMPTY_SET;
}

function parseNode(fields: unknown): FieldNode {
  if (!isJsonObject(fields)) throw new SyntaxError("fieldsV1 must consist of objects");
  let member = false;
  let children: Map<PathElement, FieldNode> | undefined;
  for (const name in fields) {
    if (name === ".") {
      member = true;
      continue;
    }
    const element = parsePathElement(name);
    if (element === undefined) continue;
    const child = parseNode(fields[name]);
    children ??= new Map();
    const twin = children.get(element);
    children.set(element, twin === undefined ? child : merge(twin, child));
  }
  return { member: member || children === undefined, children };
}

function merge(left: FieldNode, right: FieldNode): FieldNode {
  return {
    member: left.member || right.member,
    children: union(left.children ?? EMPTY_SET, right.children ?? EMPTY_SET),
  };
}

/** Writes a set of fields as managedFields carry it. */
export function formatFieldsV1(set: FieldSet): JsonObject {
  const fields: JsonObject = {};
  writeChildren(fields, set);
  return fields;
}

function writeChildren(fields: JsonObject, set: FieldSet): void {
  for (const element of sortPathElements(set.keys())) {
    const node = set.get(element);
    if (node === undefined) continue;
    const child: JsonObject = {};
    if (node.children !== undefined && node.children.size > 0) {
      if (node.member) child["."] = {};
      writeChildren(child, node.children);
    }
    setMember(fields, element, child);
  }
}

/** Calls `visit` with each path: at every level first what is in the set itself, then what lies below. */
export function eachPath(set: FieldSet, visit: (path: readonly PathElement[]) => void): void {
  function walk(level: FieldSet, prefix: readonly PathElement[]): void {
    const elements = sortPathElements(level.keys());
    for (const element of elements) if (level.get(element)?.member) visit([...prefix, element]);
    for (const element of elements) {
      const children = level.get(element)?.children;
      if (children !== undefined) walk(children, [...prefix, element]);
    }
  }
  walk(set, []);
}
