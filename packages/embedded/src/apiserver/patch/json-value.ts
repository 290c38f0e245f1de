/** A JSON object of unknown content. */
export type JsonObject = Record<string, unknown>;

/** True for a JSON object; false for null, lists and scalars. */
export function isJsonObject(value: unknown): value is JsonObject {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** Whether two JSON values are the same; the order of an object's members does not count. */
export function isJsonEqual(left: unknown, right: unknown): boolean {
  if (left === right) return true;
  if (typeof left !== "object" || typeof right !== "object" || left === null || right === null) return false;
  if (Array.isArray(left)) {
    if (!Array.isArray(right) || left.length !== right.length) return false;
    for (let index = 0; index < left.length; index++) {
      if (!isJsonEqual(left[index], right[index])) return false;
    }
    return true;
  }
  if (Array.isArray(right)) return false;
  const leftObject = left as JsonObject;
  const rightObject = right as JsonObject;
  let count = 0;
  for (const name in leftObject) {
    if (leftObject[name] === undefined) continue;
    count++;
    if (!isJsonEqual(leftObject[name], rightObject[name])) return false;
  }
  for (const name in rightObject) {
    if (rightObject[name] !== undefined) count--;
  }
  return count === 0;
}

/** Sets a member as JSON.parse does: `__proto__` becomes an ordinary member. */
export function setMember(object: JsonObject, name: string, value: unknown): void {
  if (name === "__proto__") {
    Object.defineProperty(object, name, { value, writable: true, enumerable: true, configurable: true });
  } else {
    object[name] = value;
  }
}

/** A member of the object's own, undefined if it has none of that name. */
export function ownMember(object: JsonObject, name: string): unknown {
  return Object.hasOwn(object, name) ? object[name] : undefined;
}
