import type { ListMeta } from "@sandgate/contract";
import { apiVersionOf } from "../registry/resource-definition.ts";
import { type Answer, jsonAnswer } from "../server/answer.ts";
import { ApiError } from "../server/api-error.ts";
import type { ApiRequest } from "../server/api-request.ts";
import { invalidOption } from "../server/invalid-options.ts";
import { negotiate } from "../server/negotiate.ts";
import { type Entry, keyOf, parseEntry } from "../storage/entry.ts";
import { type ObjectFilter, createObjectFilter } from "../storage/object-filter.ts";
import { type Api, bucketOf, isStoredAs, readObject } from "./api.ts";
import { readObjects, readTexts } from "./read-many.ts";
import { checkResourceVersion, tooOld } from "./resource-version.ts";
import { metadataOf, tableOf } from "./show-object.ts";

export async function handleList(api: Api, request: ApiRequest): Promise<Answer> {
  const { definition } = request;
  const representation = negotiate(request.headers.accept);
  const filter = filterOf(request);
  const range = readRange(request.query, api.store.revision);
  const page = await takePage(api, request, filter, range);
  const { entries, metadata } = page;
  if (representation.view === "table") {
    const objects = await readObjects(api, entries, definition);
    return jsonAnswer(200, tableOf(api, request, objects, representation, { metadata }));
  }
  if (representation.view === "metadata") {
    const objects = await readObjects(api, entries, definition);
    const items = objects.map((object) => metadataOf(object, representation));
    const apiVersion = `meta.k8s.io/${representation.version}`;
    return jsonAnswer(200, { kind: "PartialObjectMetadataList", apiVersion, metadata, items });
  }
  const list = JSON.stringify({ kind: definition.listKind, apiVersion: apiVersionOf(definition), metadata });
  const items = await readTexts(api, entries, definition);
  return { status: 200, body: { head: `${list.slice(0, -1)},"items":[`, items, tail: "]}" } };
}

export function filterOf(request: ApiRequest): ObjectFilter {
  return createObjectFilter(request.definition, {
    namespace: request.definition.namespaced ? request.resource.namespace : undefined,
    name: request.resource.name,
    labelSelector: request.query.get("labelSelector"),
    fieldSelector: request.query.get("fieldSelector"),
  });
}

/** Whether an entry is in the filter, in whatever version it is stored. */
export async function isSelected(
  api: Api,
  request: ApiRequest,
  filter: ObjectFilter,
  entry: Entry,
): Promise<boolean> {
  if (!filter.matchesMetadata(entry)) return false;
  if (filter.fields.length === 0) return true;
  const object = isStoredAs(entry, request.definition)
    ? parseEntry(entry)
    : await readObject(api, entry, request.definition);
  return filter.matchesFields(object);
}

interface Range {
  /** Snapshot to read, undefined for the present. */
  readonly revision: number | undefined;
  readonly after: string | undefined;
  /** 0: no limit. */
  readonly limit: number;
}

function readRange(query: URLSearchParams, current: number): Range {
  const wanted = Number(query.get("limit") ?? 0);
  if (!Number.isSafeInteger(wanted)) throw new ApiError("BadRequest", "limit: not a whole number");
  const limit = Math.max(wanted, 0);
  const token = query.get("continue") ?? "";
  const version = query.get("resourceVersion");
  const match = query.get("resourceVersionMatch") ?? "";
  if (token !== "") {
    if (version !== null && version !== "" && version !== "0") {
      throw new ApiError("BadRequest", "specifying resource version is not allowed when using continue");
    }
    if (match !== "") throw forbiddenMatch("resourceVersionMatch is forbidden when using continue");
    return { ...readToken(token), limit };
  }
  if (match !== "" && match !== "Exact" && match !== "NotOlderThan") {
    throw invalidOption(
      "ListOptions",
      "resourceVersionMatch",
      "FieldValueNotSupported",
      `Unsupported value: "${match}": supported values: "Exact", "NotOlderThan", ""`,
    );
  }
  const revision = checkResourceVersion(version, current);
  if (match !== "" && revision === undefined)
    throw forbiddenMatch("resourceVersionMatch is forbidden unless resourceVersion is provided");
  if (match === "Exact" && revision === 0)
    throw forbiddenMatch('resourceVersionMatch "exact" is forbidden for resourceVersion "0"');
  const exact = match === "Exact" || (match === "" && limit > 0 && revision !== 0);
  return { revision: exact ? revision : undefined, after: undefined, limit };
}

/** Why `resourceVersionMatch` may not be given. */
export function forbiddenMatch(why: string): ApiError {
  return invalidOption("ListOptions", "resourceVersionMatch", "FieldValueForbidden", `Forbidden: ${why}`);
}

interface Page {
  readonly entries: readonly Entry[];
  readonly metadata: ListMeta;
}

async function takePage(api: Api, request: ApiRequest, filter: ObjectFilter, range: Range): Promise<Page> {
  const { store } = api;
  const revision = range.revision ?? store.revision;
  const bucket = store.bucket(bucketOf(request.definition));
  let candidates: readonly Entry[] | undefined;
  if (filter.name !== undefined && range.revision === undefined && range.after === undefined) {
    candidates = named(bucket.entries, filter);
  } else candidates = bucket.snapshot({ ...range, namespace: filter.namespace });
  if (candidates === undefined) {
    if (range.after === undefined) throw tooOld(revision, store.revision);
    throw new ApiError(
      "Expired",
      "The provided continue parameter is too old to display a consistent list result. " +
        "You can start a new list without the continue parameter.",
    );
  }
  const metadata: ListMeta = { resourceVersion: String(revision) };
  if (!filter.selective && range.limit === 0) return { entries: candidates, metadata };
  const entries: Entry[] = [];
  for (const [index, entry] of candidates.entries()) {
    if (filter.selective && !(await isSelected(api, request, filter, entry))) continue;
    if (range.limit > 0 && entries.length === range.limit) {
      metadata.continue = writeToken(revision, entries.at(-1)?.key ?? "");
      if (!filter.selective) metadata.remainingItemCount = candidates.length - index;
      break;
    }
    entries.push(entry);
  }
  return { entries, metadata };
}

function named(entries: ReadonlyMap<string, Entry>, filter: ObjectFilter): readonly Entry[] | undefined {
  if (filter.namespace !== undefined) {
    const entry = entries.get(keyOf(filter.namespace, filter.name ?? ""));
    return entry === undefined ? [] : [entry];
  }
  return [...entries.values()].filter((entry) => entry.name === filter.name);
}

function writeToken(revision: number, after: string): string {
  return Buffer.from(JSON.stringify({ v: "1", rv: revision, after })).toString("base64url");
}

function readToken(token: string): { revision: number; after: string } {
  try {
    const value = JSON.parse(Buffer.from(token, "base64url").toString("utf8")) as {
      rv?: unknown;
      after?: unknown;
    };
    if (typeof value.rv === "number" && typeof value.after === "string") {
      return { revision: value.rv, after: value.after };
    }
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
  }
  throw new ApiError("BadRequest", "continue key is not valid: use the token of a list's answer as it is");
}
