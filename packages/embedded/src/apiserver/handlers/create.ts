import { randomInt, randomUUID } from "node:crypto";
import type { Answer } from "../server/answer.ts";
import { ApiError } from "../server/api-error.ts";
import { type ApiRequest, fieldManager } from "../server/api-request.ts";
import { alreadyExists, methodNotAllowed } from "../server/status-errors.ts";
import { type AnyObject, keyOf } from "../storage/entry.ts";
import { admitCreate } from "./admission.ts";
import { type Api, bucketOf, isDryRun, readJson, storageDefinition, timestamp } from "./api.ts";
import { decodeObject, recordManager, reportDropped, setDefaults, validate } from "./object-rules.ts";
import { CLIENT_METADATA, pickMetadata } from "./pick-metadata.ts";
import { checkSize } from "./object-size.ts";
import { admitQuota } from "./resource-quota.ts";
import { showObject } from "./show-object.ts";

const NAME_CHARACTERS = "bcdfghjklmnpqrstvwxz2456789";
const GENERATED_LENGTH = 5;
const MAX_NAME_BASE = 63 - GENERATED_LENGTH;
const NAME_ATTEMPTS = 8;

export async function handleCreate(api: Api, request: ApiRequest): Promise<Answer> {
  const { definition, resource } = request;
  if (definition.namespaced && resource.namespace === undefined) throw methodNotAllowed();
  const body = await request.body();
  const { object, problems } = decodeObject(api, body?.value, definition, body?.duplicates);
  const json = await createObject(api, request, object, { problems, recorded: false });
  return showObject(api, request, 201, json);
}

export interface CreateOptions {
  /** What was dropped of the body. */
  readonly problems: readonly string[];
  /** Whether `managedFields` are already as they shall be. */
  readonly recorded: boolean;
}

/** Stores a new object. @returns Its text in the requested version. */
export async function createObject(
  api: Api,
  request: ApiRequest,
  object: AnyObject,
  options: CreateOptions,
): Promise<string> {
  const { definition } = request;
  reportDropped(request, options.problems);
  prepareMetadata(api, request, object);
  if (definition.subresources.status === true) delete object.status;
  setDefaults(api, object, definition);
  // Before the server adds what is its own: a creator owns what it wrote and what absent members mean, no more.
  if (!options.recorded) recordManager(api, object, undefined, definition, fieldManager(request), undefined);
  definition.strategy.prepareCreate?.(object);
  if (definition.strategy.generation === true || definition.custom) object.metadata.generation = 1;
  const generated = object.metadata.name === undefined && object.metadata.generateName !== undefined;
  for (let attempt = 1; ; attempt++) {
    if (generated) {
      object.metadata.name = generateName(object.metadata.generateName ?? "");
      setDefaults(api, object, definition);
    }
    admitCreate(api, definition, object);
    validate(api, object, undefined, definition);
    const json = await commitCreate(api, request, object);
    if (json !== undefined) return json;
    if (!generated || attempt === NAME_ATTEMPTS) throw alreadyExists(definition, object.metadata.name ?? "");
  }
}

/** @returns Undefined if the name is taken. */
async function commitCreate(api: Api, request: ApiRequest, object: AnyObject): Promise<string | undefined> {
  const { definition } = request;
  request.warnings.push(...(definition.strategy.warnings?.(object) ?? []));
  const target = storageDefinition(api.registry, definition);
  const stored = target === definition ? object : ((await api.convert(object, target)) as AnyObject);
  checkSize(stored);
  const { namespace, name = "" } = stored.metadata;
  const bucket = bucketOf(definition);
  if (api.store.get(bucket, keyOf(namespace, name)) !== undefined) return undefined;
  // Once more, and with nothing between it and the write: the namespace may have gone while converting.
  admitCreate(api, definition, stored);
  if (definition.namespaced) admitQuota(api, definition, stored);
  if (isDryRun(request.query, request.info.verb)) return JSON.stringify(object);
  const entry = api.store.create(bucket, stored);
  return entry === undefined ? undefined : await readJson(api, entry, definition);
}

function prepareMetadata(api: Api, request: ApiRequest, object: AnyObject): void {
  const { definition, resource } = request;
  const { metadata } = object;
  if ((metadata.resourceVersion ?? "") !== "") {
    throw new ApiError("BadRequest", "resourceVersion should not be set on objects to be created");
  }
  const wanted = definition.namespaced ? resource.namespace : undefined;
  checkNamespace(metadata.namespace, wanted, definition.namespaced);
  if (metadata.name === "") delete metadata.name;
  if (metadata.generateName === "") delete metadata.generateName;
  object.metadata = {
    ...pickMetadata(metadata, ["name", "generateName"]),
    ...(wanted === undefined ? {} : { namespace: wanted }),
    uid: randomUUID(),
    creationTimestamp: timestamp(api.now()),
    ...pickMetadata(metadata, CLIENT_METADATA),
  };
}

/** @throws ApiError 400 if body and URL name different namespaces. */
export function checkNamespace(
  given: string | undefined,
  wanted: string | undefined,
  namespaced: boolean,
): void {
  if (given === undefined || given === "" || given === wanted) return;
  throw new ApiError(
    "BadRequest",
    namespaced
      ? `the namespace of the provided object does not match the namespace sent on the request`
      : `the namespace of the provided object must be empty: its kind is not namespaced`,
  );
}

function generateName(base: string): string {
  let name = base.slice(0, MAX_NAME_BASE);
  for (let index = 0; index < GENERATED_LENGTH; index++)
    name += NAME_CHARACTERS[randomInt(NAME_CHARACTERS.length)];
  return name;
}
