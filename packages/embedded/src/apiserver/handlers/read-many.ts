import { setImmediate as nextTurn } from "node:timers/promises";
import type { KubeObject } from "@sandgate/contract";
import { apiVersionOf, type ResourceDefinition } from "../registry/resource-definition.ts";
import { type Entry, parseEntry } from "../storage/entry.ts";
import { type Api, isStoredAs } from "./api.ts";

/** Objects that are parsed or converted before other requests get their turn. */
const PORTION = 200;

/** Stored objects in the version of `definition`, in their order. */
export async function readObjects(
  api: Api,
  entries: readonly Entry[],
  definition: ResourceDefinition,
): Promise<readonly KubeObject[]> {
  const objects: KubeObject[] = [];
  for (let index = 0; index < entries.length; index += PORTION) {
    if (index > 0) await nextTurn();
    const portion = entries.slice(index, index + PORTION);
    const parsed = portion.map(parseEntry);
    const stored = portion.every((entry) => isStoredAs(entry, definition));
    objects.push(...(stored ? parsed : await api.convertAll(parsed, definition)));
  }
  return objects;
}

/** As `readObjects`, as text; what is stored in that version already is not parsed. */
export async function readTexts(
  api: Api,
  entries: readonly Entry[],
  definition: ResourceDefinition,
): Promise<readonly string[]> {
  const wanted = apiVersionOf(definition);
  if (entries.every((entry) => entry.apiVersion === wanted)) return entries.map((entry) => entry.json);
  const objects = await readObjects(api, entries, definition);
  return objects.map((object) => JSON.stringify(object));
}
