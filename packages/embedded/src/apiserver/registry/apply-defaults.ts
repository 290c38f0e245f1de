import { type JsonObject, isJsonObject } from "../patch/json-value.ts";

/**
 * Where a default goes and what it is. `[]` in the path means every element. A function is given the object that the
 * value goes into, and leaves it alone by returning undefined. With `zero`, 0 means absent too.
 */
export type DefaultRow = readonly [path: string, value: unknown, zero?: "zero"];

/**
 * Sets what is absent (or null, or the empty text, which is the same to Kubernetes), row by row. A row whose parent is
 * absent does nothing.
 */
export function applyDefaults(object: JsonObject, rows: readonly DefaultRow[]): void {
  for (const row of rows) applyRow(object, row[0].split("."), row);
}

function applyRow(parent: JsonObject, path: readonly string[], row: DefaultRow): void {
  const [head = "", ...rest] = path;
  if (rest.length > 0) {
    const name = head.endsWith("[]") ? head.slice(0, -2) : head;
    const child = parent[name];
    const children = Array.isArray(child) ? child : [child];
    for (const each of children) if (isJsonObject(each)) applyRow(each, rest, row);
    return;
  }
  const [, value, zero] = row;
  const present = parent[head];
  const absent =
    present === undefined || present === null || present === "" || (zero !== undefined && present === 0);
  if (!absent) return;
  const filled: unknown = typeof value === "function" ? value(parent) : structuredClone(value);
  if (filled !== undefined) parent[head] = filled;
}
