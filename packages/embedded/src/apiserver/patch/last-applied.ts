import type { KubeObject } from "@sandgate/contract";
import { difference, type FieldSet } from "./field-set.ts";
import { isJsonObject, type JsonObject, setMember } from "./json-value.ts";
import type { MergeType } from "./merge-type.ts";
import { compareTyped } from "./typed-compare.ts";
import { TypedError } from "./typed-error.ts";
import { fieldSetOf } from "./typed-field-set.ts";
import { validateShape } from "./typed-validate.ts";

/** What `kubectl apply` without `--server-side` wrote last, as JSON text. */
const LAST_APPLIED = "kubectl.kubernetes.io/last-applied-configuration";

/**
 * The fields that client-side apply set and that are still as it set them.
 *
 * @returns Undefined if the object has no such annotation, or one of another version or shape.
 */
export function lastAppliedFields(
  live: JsonObject,
  type: MergeType,
  apiVersion: string,
): FieldSet | undefined {
  const { metadata } = live;
  const annotations = isJsonObject(metadata) ? metadata["annotations"] : undefined;
  const text = isJsonObject(annotations) ? annotations[LAST_APPLIED] : undefined;
  if (typeof text !== "string" || text === "") return undefined;
  const applied = parseObject(text);
  if (applied === undefined || applied["apiVersion"] !== apiVersion) return undefined;
  try {
    validateShape(applied, type);
    const { modified, added, removed } = compareTyped(applied, live, type);
    return difference(difference(difference(fieldSetOf(applied, type), modified), added), removed);
  } catch (error) {
    if (error instanceof TypedError) return undefined;
    throw error;
  }
}

function parseObject(text: string): JsonObject | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return isJsonObject(value) ? value : undefined;
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}

/** Keeps the annotation of client-side apply in step, if the object has it, with what was applied. */
export function renewLastApplied(object: KubeObject, applied: KubeObject): void {
  const annotations = object.metadata.annotations;
  const current = annotations?.[LAST_APPLIED];
  if (current === undefined || current === "") return;
  const { [LAST_APPLIED]: _, ...rest } = applied.metadata.annotations ?? {};
  const metadata = { ...applied.metadata, annotations: rest };
  if (applied.metadata.annotations === undefined) delete (metadata as { annotations?: unknown }).annotations;
  object.metadata.annotations = {
    ...annotations,
    [LAST_APPLIED]: `${JSON.stringify(sorted({ ...applied, metadata }))}\n`,
  };
}

/** The value with the members of every object in order, so that the same state is the same text. */
function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted);
  if (!isJsonObject(value)) return value;
  const result: JsonObject = {};
  for (const name of Object.keys(value).sort()) setMember(result, name, sorted(value[name]));
  return result;
}
