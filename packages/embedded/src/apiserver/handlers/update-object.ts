import type { ObjectMeta } from "@sandgate/contract";
import { isJsonEqual } from "../patch/json-value.ts";
import { invalidValue } from "../registry/field-errors.ts";
import { ApiError, invalid } from "../server/api-error.ts";
import { type ApiRequest, fieldManager } from "../server/api-request.ts";
import { conflict, modified } from "../server/status-errors.ts";
import type { AnyObject, Entry } from "../storage/entry.ts";
import { type Api, isDryRun, readJson, storageDefinition } from "./api.ts";
import { checkNamespace } from "./create.ts";
import { recordManager, reportDropped, setDefaults, validate } from "./object-rules.ts";
import { CLIENT_METADATA, SERVER_METADATA, pickMetadata } from "./pick-metadata.ts";
import { checkSize } from "./object-size.ts";

/** One attempt to bring an object from one state to the next. */
export interface UpdateAttempt {
  /** The state that the write was made from. */
  readonly entry: Entry;
  /** That state in the requested version; not changed. */
  readonly previous: AnyObject;
  /** What the client wants; changed in place. */
  readonly next: AnyObject;
  /** What was dropped of the body. */
  readonly problems: readonly string[];
  /** Whether `managedFields` are already as they shall be. */
  readonly recorded: boolean;
  /** Part of the object that this write is about, where it is not what the URL's subresource says. */
  readonly part?: (previous: AnyObject, next: AnyObject) => AnyObject;
}

/**
 * Checks and stores an update.
 *
 * @returns The new state in the requested version, or undefined if another write came first.
 * @throws ApiError 409 if the client's `resourceVersion` or `uid` is another.
 */
export async function updateObject(
  api: Api,
  request: ApiRequest,
  attempt: UpdateAttempt,
): Promise<string | undefined> {
  const { definition, resource } = request;
  const { entry, previous } = attempt;
  checkIdentity(request, attempt);
  reportDropped(request, attempt.problems);
  const next = attempt.part?.(previous, attempt.next) ?? partOf(request, previous, attempt.next);
  next.metadata = {
    ...pickMetadata(previous.metadata, SERVER_METADATA),
    ...pickMetadata(next.metadata, CLIENT_METADATA),
  };
  setDefaults(api, next, definition);
  if (!attempt.recorded) {
    recordManager(api, next, previous, definition, fieldManager(request), resource.subresource);
  }
  definition.strategy.prepareUpdate?.(next, previous);
  const counted = definition.strategy.generation === true || definition.custom;
  if (counted && !isSameSpec(previous, next))
    next.metadata.generation = (previous.metadata.generation ?? 0) + 1;
  if (isJsonEqual(next, previous)) return await readJson(api, entry, definition);
  validate(api, next, previous, definition);
  request.warnings.push(...(definition.strategy.warnings?.(next) ?? []));
  const target = storageDefinition(api.registry, definition);
  const stored = target === definition ? next : ((await api.convert(next, target)) as AnyObject);
  checkSize(stored);
  if (isDryRun(request.query, request.info.verb)) return JSON.stringify(next);
  const updated = isFinished(stored) ? api.store.remove(entry, stored) : api.store.update(entry, stored);
  return updated === undefined ? undefined : await readJson(api, updated, definition);
}

/** Whether a deleted object has nothing left to wait for. */
export function isFinished({ metadata, spec }: AnyObject): boolean {
  if (metadata.deletionTimestamp === undefined || (metadata.finalizers ?? []).length > 0) return false;
  if ((metadata.deletionGracePeriodSeconds ?? 0) > 0) return false;
  // A namespace keeps its finalizers in its spec.
  const inSpec = spec?.["finalizers"];
  return !Array.isArray(inSpec) || inSpec.length === 0;
}

function checkIdentity(request: ApiRequest, { entry, previous, next }: UpdateAttempt): void {
  const { definition, resource } = request;
  const { metadata } = next;
  const name = resource.name ?? "";
  if (metadata.name === undefined || metadata.name === "") metadata.name = name;
  if (metadata.name !== name) {
    throw new ApiError(
      "BadRequest",
      `the name of the object (${metadata.name}) does not match the name on the URL (${name})`,
    );
  }
  checkNamespace(
    metadata.namespace,
    definition.namespaced ? resource.namespace : undefined,
    definition.namespaced,
  );
  if ((metadata.uid ?? "") !== "" && metadata.uid !== previous.metadata.uid) {
    // A PUT names the object that it means; a patch would change the one that is there.
    if (request.info.verb === "patch") {
      throw invalid(definition, name, [invalidValue("metadata.uid", metadata.uid, "field is immutable")]);
    }
    throw conflict(
      definition,
      name,
      `Precondition failed: UID in precondition: ${metadata.uid}, UID in object meta: ${previous.metadata.uid}`,
    );
  }
  const { resourceVersion = "" } = metadata;
  if (resourceVersion !== "" && resourceVersion !== String(entry.revision)) throw modified(definition, name);
}

/** What of `next` the URL's subresource may change; the rest is `previous`. */
function partOf({ definition, resource }: ApiRequest, previous: AnyObject, next: AnyObject): AnyObject {
  if (resource.subresource === "status") {
    const metadata: ObjectMeta = { ...previous.metadata };
    if (!definition.custom) {
      for (const field of ["labels", "annotations", "finalizers"] as const) {
        const value = next.metadata[field];
        if (value === undefined) delete metadata[field];
        else Object.assign(metadata, { [field]: value });
      }
    }
    const { status: _, metadata: __, ...rest } = structuredClone(previous);
    return { ...rest, metadata, ...(next.status === undefined ? {} : { status: next.status }) };
  }
  if (definition.subresources.status !== true) return next;
  const { status: _, ...rest } = next;
  return { ...rest, ...(previous.status === undefined ? {} : { status: structuredClone(previous.status) }) };
}

function isSameSpec(previous: AnyObject, next: AnyObject): boolean {
  const { metadata: _, status: __, ...before } = previous;
  const { metadata: ___, status: ____, ...after } = next;
  return isJsonEqual(before, after);
}
