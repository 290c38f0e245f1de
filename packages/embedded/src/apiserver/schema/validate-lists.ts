import { isJsonEqual, isJsonObject } from "../patch/json-value.ts";
import { duplicate, invalidValue } from "../registry/field-errors.ts";
import { correlatedItem } from "./correlate.ts";
import type { Schema } from "./schema.ts";
import { followReference, memberSchema } from "./schema-walk.ts";
import type { Validation } from "./validate-value.ts";

/** Finds elements that occur twice in lists of type `set` and `map`. What was so before is let pass. */
export function validateLists(
  validation: Validation,
  value: unknown,
  schema: Schema,
  path: string,
  previous: unknown,
): void {
  const { errors, types } = validation;
  const before = errors.length;
  if (Array.isArray(value)) {
    validateUnique(validation, value, schema, path);
    if (schema.items !== undefined) {
      const items = followReference(schema.items, types);
      for (let index = 0; index < value.length; index++) {
        const element: unknown = value[index];
        if (typeof element !== "object" || element === null) continue;
        const old = previous === undefined ? undefined : correlatedItem(schema, element, previous);
        validateLists(validation, element, items, `${path}[${index}]`, old);
      }
    }
  } else if (isJsonObject(value)) {
    for (const name in value) {
      const member = value[name];
      if (typeof member !== "object" || member === null) continue;
      const found = memberSchema(schema, name);
      if (found === undefined) continue;
      const isNamed = schema.properties !== undefined && Object.hasOwn(schema.properties, name);
      const below = !isNamed ? `${path}[${name}]` : path === "" ? name : `${path}.${name}`;
      const old = isJsonObject(previous) && Object.hasOwn(previous, name) ? previous[name] : undefined;
      validateLists(validation, member, followReference(found, types), below, old);
    }
  }
  if (errors.length > before && previous !== undefined && isJsonEqual(value, previous))
    errors.length = before;
}

function validateUnique(
  { errors }: Validation,
  list: readonly unknown[],
  schema: Schema,
  path: string,
): void {
  const type = schema["x-kubernetes-list-type"];
  if (type === "set") {
    for (const index of repeatedAt(list)) errors.push(duplicate(`${path}[${index}]`, list[index]));
    return;
  }
  const keys = schema["x-kubernetes-list-map-keys"];
  if (type !== "map" || keys === undefined) return;
  const identities: unknown[] = [];
  for (const [index, element] of list.entries()) {
    if (element !== null && !isJsonObject(element)) {
      errors.push(
        invalidValue(`${path}[${index}]`, element, "must be an object for an array of list-type map"),
      );
      return;
    }
    const identity: Record<string, unknown> = {};
    for (const key of keys) if (element !== null && Object.hasOwn(element, key)) identity[key] = element[key];
    identities.push(identity);
  }
  for (const index of repeatedAt(identities)) errors.push(duplicate(`${path}[${index}]`, identities[index]));
}

/** Where a value occurs for the second time; later occurrences are not told again. */
function repeatedAt(values: readonly unknown[]): readonly number[] {
  if (values.length < 2) return [];
  const seen = new Map<string, number>();
  const repeated: number[] = [];
  for (const [index, value] of values.entries()) {
    const key = identityOf(value);
    const times = seen.get(key) ?? 0;
    seen.set(key, times + 1);
    if (times === 1) repeated.push(index);
  }
  return repeated;
}

/** A text that two values share if they are the same, whatever the order of their members. */
function identityOf(value: unknown): string {
  if (!isJsonObject(value)) {
    return Array.isArray(value) ? `[${value.map(identityOf).join()}]` : JSON.stringify(value);
  }
  const names = Object.keys(value).toSorted();
  return `{${names.map((name) => `${JSON.stringify(name)}:${identityOf(value[name])}`).join()}}`;
}
