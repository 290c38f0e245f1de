import { isJsonEqual, isJsonObject } from "../patch/json-value.ts";
import type { Schema } from "./schema.ts";

/**
 * The element of a list as it was that is the same as `item` now: by its keys in a list of type `map`, by its value in
 * one of type `set`. In any other list places say nothing, and there is none.
 */
export function correlatedItem(schema: Schema, item: unknown, previous: unknown): unknown {
  if (!Array.isArray(previous)) return undefined;
  if (schema["x-kubernetes-list-type"] === "set") return previous.find((each) => isJsonEqual(each, item));
  const keys = schema["x-kubernetes-list-map-keys"];
  if (schema["x-kubernetes-list-type"] !== "map" || keys === undefined || !isJsonObject(item))
    return undefined;
  return previous.find(
    (each) => isJsonObject(each) && keys.every((key) => isJsonEqual(each[key] ?? null, item[key] ?? null)),
  );
}
