import { isJsonObject, type JsonObject, ownMember, setMember } from "./json-value.ts";

/**
 * Applies a JSON merge patch (RFC 7386): members are merged, null removes a member, anything else replaces.
 *
 * @returns The patched document, which shares what it can with `document` and `patch`.
 */
export function applyMergePatch(document: unknown, patch: unknown): unknown {
  if (!isJsonObject(patch)) return patch;
  const merged: JsonObject = isJsonObject(document) ? { ...document } : {};
  for (const [name, change] of Object.entries(patch)) {
    if (change === null) delete merged[name];
    else setMember(merged, name, applyMergePatch(ownMember(merged, name), change));
  }
  return merged;
}
