import { scanJson } from "../server/scan-json.ts";

export interface StrictJson {
  readonly value: unknown;
  /** Paths of members that their object has twice, as `spec.replicas`. The last one counts. */
  readonly duplicates: readonly string[];
}

/**
 * Reads JSON that somebody else wrote, and tells what `JSON.parse` passes over.
 *
 * @throws SyntaxError if it is no JSON.
 * @throws ApiError 400 for nesting without end and for a member `__proto__`.
 */
export function parseJsonStrict(text: string): StrictJson {
  const value: unknown = JSON.parse(text);
  return { value, duplicates: scanJson(text) };
}
