import { isJsonObject, ownMember } from "./json-value.ts";
import type { ListType } from "./merge-type.ts";
import { keyElement, type PathElement, valueElement } from "./path-element.ts";

/**
 * The step that tells an item of an associative list from the others.
 *
 * @returns The step, or an object with what is wrong with the item.
 */
export function itemElement(list: ListType, item: unknown): PathElement | { problem: string } {
  if (list.keys.length === 0) return setItemElement(item);
  if (item === null) return { problem: "associative list with keys may not have a null element" };
  if (!isJsonObject(item)) return { problem: "associative list with keys may not have non-map elements" };
  const keys: [string, unknown][] = [];
  for (const name of list.keys) {
    const value = ownMember(item, name) ?? list.keyDefault(name);
    // An item without one of its keys is another item than any that has it.
    if (value !== undefined) keys.push([name, value]);
  }
  if (keys.length === 0) {
    const names = list.keys.map((name) => JSON.stringify(name)).join(" ");
    return {
      problem: `associative list with keys has an element that omits all key fields [${names}] (and doesn't have default values for any key fields)`,
    };
  }
  return keyElement(keys);
}

function setItemElement(item: unknown): PathElement | { problem: string } {
  switch (typeof item) {
    case "string":
    case "number":
    case "boolean":
      return valueElement(item);
    default:
      if (item === null)
        return { problem: "associative list without keys has an element that's an explicit null" };
      return {
        problem: Array.isArray(item)
          ? "not supported: associative list with lists as elements"
          : "associative list without keys has an element that's a map type",
      };
  }
}
