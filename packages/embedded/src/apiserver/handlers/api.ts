import type { Logger } from "@sandgate/contract";
import { apiVersionOf, type ResourceDefinition } from "../registry/resource-definition.ts";
import type { Converter } from "../crd/conversion.ts";
import type { Registry } from "../registry/registry.ts";
import type { ApiRequest } from "../server/api-request.ts";
import { invalidOption, optionsOf } from "../server/invalid-options.ts";
import type { Answer, StreamedAnswer } from "../server/answer.ts";
import { type AnyObject, type Entry, parseEntry } from "../storage/entry.ts";
import type { Store } from "../storage/store.ts";
import type { ServiceAccountTokens } from "../tls/service-account-tokens.ts";

/** What every handler stands on. */
export interface Api {
  readonly store: Store;
  readonly registry: Registry;
  /** Brings an object into the version of `target`. */
  readonly convert: Converter["convert"];
  /** As `convert`, for many. */
  readonly convertAll: Converter["convertAll"];
  readonly tokens: ServiceAccountTokens;
  /** Epoch milliseconds. */
  readonly now: () => number;
  readonly logger: Logger;
}

export type Handler = (api: Api, request: ApiRequest) => Promise<Answer | StreamedAnswer>;

/** Where objects of a kind are stored, the same for all its versions. */
export function bucketOf(definition: ResourceDefinition): string {
  return `${definition.storage.group}/${definition.plural}`;
}

/** Whether a stored object can be shown as it is. */
export function isStoredAs(entry: Entry, definition: ResourceDefinition): boolean {
  return entry.apiVersion === apiVersionOf(definition);
}

/** A stored object in the version of `definition`, the caller's own to change. */
export async function readObject(api: Api, entry: Entry, definition: ResourceDefinition): Promise<AnyObject> {
  const object = parseEntry(entry);
  return isStoredAs(entry, definition) ? object : await api.convert(object, definition);
}

/** As `readObject`, as text. */
export async function readJson(api: Api, entry: Entry, definition: ResourceDefinition): Promise<string> {
  return isStoredAs(entry, definition)
    ? entry.json
    : JSON.stringify(await readObject(api, entry, definition));
}

/** The row in which objects of this kind are stored. */
export function storageDefinition(registry: Registry, definition: ResourceDefinition): ResourceDefinition {
  const { group, version } = definition.storage;
  if (definition.group === group && definition.version === version) return definition;
  return registry.find(group, version, definition.plural) ?? { ...definition, group, version };
}

/** The row of a stored object, undefined if its kind is no longer served. */
export function definitionOf(registry: Registry, entry: Entry): ResourceDefinition | undefined {
  const { kind } = parseEntry(entry);
  const [group, version] = splitApiVersion(entry.apiVersion);
  const exact = registry.findKind(group, version, kind ?? "");
  return exact ?? registry.list().find((row) => bucketOf(row) === entry.bucket);
}

export function splitApiVersion(apiVersion: string): [group: string, version: string] {
  const slash = apiVersion.indexOf("/");
  return slash === -1 ? ["", apiVersion] : [apiVersion.slice(0, slash), apiVersion.slice(slash + 1)];
}

/** RFC 3339 in whole seconds, as metadata carries it. */
export function timestamp(epochMs: number): string {
  return `${new Date(epochMs).toISOString().slice(0, 19)}Z`;
}

/** Whether nothing is to be stored. @throws ApiError 422 for another value than `All`. */
export function isDryRun(query: URLSearchParams, verb: string): boolean {
  const values = query.getAll("dryRun").filter((value) => value !== "");
  if (values.some((value) => value !== "All")) {
    const message = `Unsupported value: ${JSON.stringify(values)}: supported values: "All"`;
    throw invalidOption(optionsOf(verb), "dryRun", "FieldValueNotSupported", message);
  }
  return values.length > 0;
}
