import { applyJsonPatch, applyMergePatch, applyServerSide } from "../patch/index.ts";
import type { JsonObject } from "../patch/json-value.ts";
import { applyStrategicMergePatch } from "../patch/strategic-merge-patch.ts";
import type { Answer } from "../server/answer.ts";
import { ApiError } from "../server/api-error.ts";
import type { ApiRequest } from "../server/api-request.ts";
import { invalidOption } from "../server/invalid-options.ts";
import { modified, notFound } from "../server/status-errors.ts";
import { type AnyObject, type Entry, keyOf } from "../storage/entry.ts";
import { type Api, bucketOf, readObject } from "./api.ts";
import { createObject } from "./create.ts";
import { asObject, checkMetadata, decodeObject } from "./object-rules.ts";
import { showObject } from "./show-object.ts";
import { updateObject } from "./update-object.ts";

const ROUNDS = 5;
const APPLY = "application/apply-patch+yaml";

/** PATCH of an object or of its status. A write that comes between reading and writing means one more round. */
export async function handlePatch(api: Api, request: ApiRequest): Promise<Answer> {
  const { definition, resource } = request;
  const name = resource.name ?? "";
  checkQuery(request);
  const body = await request.body();
  const key = keyOf(definition.namespaced ? resource.namespace : undefined, name);
  for (let round = 0; round < ROUNDS; round++) {
    const entry = api.store.get(bucketOf(definition), key);
    if (entry === undefined) {
      if (request.mediaType !== APPLY || resource.subresource !== undefined) throw notFound(definition, name);
      return await applyNew(api, request, body?.value);
    }
    const previous = await readObject(api, entry, definition);
    const { object: next, problems } = decodeObject(
      api,
      await patched(api, request, entry, body?.value),
      definition,
      body?.duplicates,
    );
    const json = await updateObject(api, request, {
      entry,
      previous,
      next,
      problems,
      recorded: request.mediaType === APPLY,
    });
    if (json !== undefined) return showObject(api, request, 200, json);
  }
  throw modified(definition, name);
}

/** The patch applied to the present state: an object of its own that shares nothing with the state. */
export async function patched(api: Api, request: ApiRequest, entry: Entry, patch: unknown): Promise<unknown> {
  const { definition } = request;
  const live = await readObject(api, entry, definition);
  switch (request.mediaType) {
    case "application/json-patch+json":
      return applyJsonPatch(live, patch);
    case "application/merge-patch+json":
      return applyMergePatch(live, objectPatch(patch));
    case "application/strategic-merge-patch+json": {
      if (definition.custom) throw unsupported(request);
      const document = live as unknown as JsonObject;
      return applyStrategicMergePatch(document, patch, definition.schema, api.registry.types);
    }
    case APPLY:
      return applied(api, request, live, patch);
    default:
      throw unsupported(request);
  }
}

async function applyNew(api: Api, request: ApiRequest, patch: unknown): Promise<Answer> {
  const { object, problems } = decodeObject(api, applied(api, request, undefined, patch), request.definition);
  if ((object.metadata.resourceVersion ?? "") !== "" || (object.metadata.uid ?? "") !== "") {
    throw notFound(request.definition, request.resource.name ?? "");
  }
  const json = await createObject(api, request, object, { problems, recorded: true });
  return showObject(api, request, 201, json);
}

function applied(api: Api, request: ApiRequest, live: AnyObject | undefined, patch: unknown): AnyObject {
  const { definition, query, resource } = request;
  const given = structuredClone(asObject(patch, definition));
  checkMetadata(api, given);
  if ((given.metadata.name ?? "") === "") given.metadata.name = resource.name ?? "";
  if (given.metadata.name !== resource.name) {
    throw new ApiError(
      "BadRequest",
      `the name of the object (${given.metadata.name}) does not match the name on the URL (${resource.name})`,
    );
  }
  if (definition.namespaced && resource.namespace !== undefined)
    given.metadata.namespace ??= resource.namespace;
  const result = applyServerSide({
    live,
    applied: given,
    definition,
    types: api.registry.types,
    manager: query.get("fieldManager") ?? "",
    force: query.get("force") === "true" || query.get("force") === "1",
    subresource: resource.subresource,
    nowMs: api.now(),
  });
  return structuredClone(result);
}

function checkQuery(request: ApiRequest): void {
  const { mediaType, query } = request;
  if (mediaType === APPLY) {
    if ((query.get("fieldManager") ?? "") !== "") return;
    const message = "Required value: is required for apply patch";
    throw invalidOption("PatchOptions", "fieldManager", "FieldValueRequired", message);
  }
  if (query.get("force") === null) return;
  const message = "Forbidden: may not be specified for non-apply patch";
  throw invalidOption("PatchOptions", "force", "FieldValueForbidden", message);
}

function objectPatch(patch: unknown): unknown {
  if (typeof patch === "object" && patch !== null && !Array.isArray(patch)) return patch;
  throw new ApiError("BadRequest", "the patch is not a JSON object");
}

function unsupported({ definition }: ApiRequest): ApiError {
  const types = [
    "application/json-patch+json",
    "application/merge-patch+json",
    ...(definition.custom ? [] : ["application/strategic-merge-patch+json"]),
    APPLY,
  ];
  return new ApiError(
    "UnsupportedMediaType",
    `the body of the request was in an unknown format - accepted media types include: ${types.join(", ")}`,
  );
}
