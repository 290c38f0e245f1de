import type { Answer } from "../server/answer.ts";
import type { ApiRequest } from "../server/api-request.ts";
import { noSuchResource, notFound } from "../server/status-errors.ts";
import { type Entry, keyOf } from "../storage/entry.ts";
import { type Api, bucketOf, readJson } from "./api.ts";
import { checkResourceVersion } from "./resource-version.ts";
import { showObject } from "./show-object.ts";

export async function handleGet(api: Api, request: ApiRequest): Promise<Answer> {
  checkResourceVersion(request.query.get("resourceVersion"), api.store.revision);
  const entry = requireEntry(api, request);
  return showObject(api, request, 200, await readJson(api, entry, request.definition));
}

/** The object that the URL names. @throws ApiError 404. */
export function requireEntry(api: Api, request: ApiRequest): Entry {
  const { name, namespace } = request.resource;
  if (name === undefined) throw noSuchResource();
  const key = keyOf(request.definition.namespaced ? namespace : undefined, name);
  const entry = api.store.get(bucketOf(request.definition), key);
  if (entry === undefined) throw notFound(request.definition, name);
  return entry;
}
