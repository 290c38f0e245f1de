import { isDeepStrictEqual } from "node:util";
import type { ConfigMap, KubeObject } from "@sandgate/contract";
import { forbidden, invalidValue, tooLong } from "../field-errors.ts";
import type { ResourceStrategy } from "../resource-definition.ts";
import type { Errors } from "../validation/checks.ts";
import { configKey } from "../validation/names.ts";

/** What a ConfigMap's or a Secret's values may take together, in bytes. */
export const MAX_DATA_BYTES = 1024 * 1024;

export const CONFIG_MAP_STRATEGY: ResourceStrategy = {
  validate: (object, previous) => [...checkConfigMap(object), ...checkChange(object, previous)],
};

function* checkConfigMap(object: ConfigMap): Errors {
  const data = object.data ?? {};
  const binaryData = object.binaryData ?? {};
  yield* checkDataKeys("data", data);
  yield* checkDataKeys("binaryData", binaryData);
  for (const key of Object.keys(data)) {
    if (Object.hasOwn(binaryData, key)) {
      yield invalidValue(`data[${key}]`, key, "duplicate of key present in binaryData");
    }
  }
  const bytes =
    Object.values(data).reduce((sum, value) => sum + Buffer.byteLength(value), 0) + decodedBytes(binaryData);
  if (bytes > MAX_DATA_BYTES) yield tooLong("[]", MAX_DATA_BYTES);
}

/** Keys become file names, and values of `Secret.data` and `ConfigMap.binaryData` base64. */
export function* checkDataKeys(path: string, data: Readonly<Record<string, string>>): Errors {
  for (const key of Object.keys(data)) {
    const problem = configKey(key);
    if (problem !== undefined) yield invalidValue(`${path}[${key}]`, key, problem);
  }
}

/** What base64 values hold together, in bytes. */
export function decodedBytes(data: Readonly<Record<string, string>>): number {
  return Object.values(data).reduce((sum, value) => sum + Buffer.byteLength(value, "base64"), 0);
}

function* checkChange(object: KubeObject, previous: KubeObject | undefined): Errors {
  yield* checkImmutableData(object, previous, ["data", "binaryData"]);
}

/** Once `immutable` is set, neither it nor the data can change. */
export function* checkImmutableData(
  object: KubeObject & { immutable?: boolean },
  previous: (KubeObject & { immutable?: boolean }) | undefined,
  fields: readonly ("data" | "binaryData")[],
): Errors {
  if (previous?.immutable !== true) return;
  const sentence = "field is immutable when `immutable` is set";
  if (object.immutable !== true) yield forbidden("immutable", sentence);
  const [next, before] = [object as ConfigMap, previous as ConfigMap];
  for (const field of fields) {
    if (!isDeepStrictEqual(next[field] ?? {}, before[field] ?? {})) yield forbidden(field, sentence);
  }
}
