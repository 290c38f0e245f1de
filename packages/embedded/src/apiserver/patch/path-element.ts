/**
 * One step of a field path in the form in which managedFields write it: `f:` a member's name, `k:` the keys of an item
 * of a keyed list, `v:` an item of a set, `i:` an index. Canonical: equal steps are equal strings.
 */
export type PathElement = string;

/** The step to a member of a map. */
export function fieldElement(name: string): PathElement {
  return `f:${name}`;
}

/** The step to an item of a set. */
export function valueElement(value: string | number | boolean): PathElement {
  return `v:${JSON.stringify(value)}`;
}

/** The step to an item of a keyed list. */
export function keyElement(keys: readonly (readonly [name: string, value: unknown])[]): PathElement {
  const sorted = keys.length > 1 ? [...keys].sort(([left], [right]) => compareText(left, right)) : keys;
  return `k:{${sorted.map(([name, value]) => `${JSON.stringify(name)}:${JSON.stringify(value)}`).join(",")}}`;
}

/**
 * Reads a step as a client wrote it.
 *
 * @returns The canonical step; undefined for a kind of step that is not known, which is to be ignored.
 * @throws SyntaxError if it is malformed.
 */
export function parsePathElement(text: string): PathElement | undefined {
  switch (text.slice(0, 2)) {
    case "f:":
      return text;
    case "v:":
      return `v:${JSON.stringify(JSON.parse(text.slice(2)))}`;
    case "k:": {
      const keys: unknown = JSON.parse(text.slice(2));
      if (typeof keys !== "object" || keys === null || Array.isArray(keys))
        throw new SyntaxError(`invalid key ${text}`);
      return keyElement(Object.entries(keys));
    }
    case "i:":
      if (!/^i:-?[0-9]{1,15}$/.test(text)) throw new SyntaxError(`invalid index ${text}`);
      return `i:${Number(text.slice(2))}`;
    default:
      if (text[1] !== ":") throw new SyntaxError(`missing colon: ${text}`);
      return undefined;
  }
}

const RANK: Readonly<Record<string, number>> = { f: 0, k: 1, v: 2, i: 3 };

/** Steps in the order of managedFields and of messages: members, keys, values, indexes. */
export function sortPathElements(elements: Iterable<PathElement>): PathElement[] {
  const sorted = [...elements];
  if (sorted.every((element) => element.startsWith("f:"))) return sorted.sort(compareText);
  // Each step is read once, not at each comparison.
  const read = sorted.map((element) => ({
    element,
    rank: RANK[element[0] ?? ""] ?? 4,
    content: contentOf(element),
  }));
  read.sort((left, right) => left.rank - right.rank || compareContents(left.content, right.content));
  return read.map(({ element }) => element);
}

function contentOf(element: PathElement): readonly unknown[] {
  const text = element.slice(2);
  if (element.startsWith("f:")) return [text];
  const value: unknown = JSON.parse(text);
  return element.startsWith("k:") ? Object.entries(value as object).flat() : [value];
}

function compareContents(left: readonly unknown[], right: readonly unknown[]): number {
  for (const [index, value] of left.entries()) {
    if (index >= right.length) return 1;
    const order = compareValues(value, right[index]);
    if (order !== 0) return order;
  }
  return left.length - right.length;
}

function compareValues(left: unknown, right: unknown): number {
  if (typeof left === "number" && typeof right === "number") return left - right;
  if (typeof left === "string" && typeof right === "string") return compareText(left, right);
  // Numbers, then strings, then booleans, which is the order of these type names.
  return (
    compareText(typeOrder(left), typeOrder(right)) || compareText(JSON.stringify(left), JSON.stringify(right))
  );
}

function typeOrder(value: unknown): string {
  return typeof value === "boolean" ? "text" : typeof value;
}

/** The order of texts by their characters' codes. */
export function compareText(left: string, right: string): number {
  return left < right ? -1 : left > right ? 1 : 0;
}

/** A path as messages show it: `.spec.containers[name="main"].image`. */
export function pathText(path: readonly PathElement[]): string {
  return path.map(elementText).join("");
}

function elementText(element: PathElement): string {
  const content = element.slice(2);
  switch (element[0]) {
    case "f":
      return `.${content}`;
    case "v":
      return `[=${content}]`;
    case "k": {
      const keys = Object.entries(JSON.parse(content) as Record<string, unknown>);
      return `[${keys.map(([name, value]) => `${name}=${JSON.stringify(value)}`).join(",")}]`;
    }
    default:
      return `[${content}]`;
  }
}
