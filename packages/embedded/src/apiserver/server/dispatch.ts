import { type Api, type Handler } from "../handlers/api.ts";
import { handleCreate } from "../handlers/create.ts";
import { handleDelete, handleDeleteCollection } from "../handlers/delete.ts";
import { handleGet } from "../handlers/get.ts";
import { handleList } from "../handlers/list.ts";
import { handlePatch } from "../handlers/patch.ts";
import { handleBinding, handleEviction, handleFinalize } from "../handlers/pod-actions.ts";
import { handlePodLog, refusePlainStream } from "../handlers/pod-streams.ts";
import { handleGetScale, handleWriteScale } from "../handlers/scale.ts";
import { handleTokenRequest } from "../handlers/token-request.ts";
import { handleUpdate } from "../handlers/update.ts";
import { handleWatch } from "../handlers/watch.ts";
import type { ResourceDefinition } from "../registry/resource-definition.ts";
import type { Answer, StreamedAnswer } from "./answer.ts";
import type { ApiRequest } from "./api-request.ts";
import type { ResourceInfo } from "./request-info.ts";
import { methodNotAllowed, noSuchResource } from "./status-errors.ts";

type Verbs = Readonly<Record<string, Handler>>;

const OBJECT_VERBS: Verbs = {
  get: handleGet,
  list: handleList,
  watch: handleWatch,
  create: handleCreate,
  update: handleUpdate,
  patch: handlePatch,
  delete: handleDelete,
  deletecollection: handleDeleteCollection,
};

const STATUS_VERBS: Verbs = { get: handleGet, update: handleUpdate, patch: handlePatch };

const SCALE_VERBS: Verbs = { get: handleGetScale, update: handleWriteScale, patch: handleWriteScale };

/** Subresources that are no view of their object. */
const OTHER_VERBS: Readonly<Record<string, Verbs>> = {
  log: { get: handlePodLog },
  exec: { get: refusePlainStream, create: refusePlainStream },
  attach: { get: refusePlainStream, create: refusePlainStream },
  portforward: { get: refusePlainStream, create: refusePlainStream },
  binding: { create: handleBinding },
  eviction: { create: handleEviction },
  token: { create: handleTokenRequest },
  finalize: { update: handleFinalize },
};

/** Finds the row that serves a resource. @throws ApiError 404. */
export function findDefinition(api: Api, resource: ResourceInfo): ResourceDefinition {
  const definition = api.registry.find(resource.group, resource.version, resource.plural);
  if (definition === undefined) throw noSuchResource();
  const inNamespace = resource.namespace !== undefined && resource.plural !== "namespaces";
  if (inNamespace && !definition.namespaced) throw noSuchResource();
  if (definition.namespaced && !inNamespace && resource.name !== undefined) throw noSuchResource();
  return definition;
}

/** Runs the handler of a verb. @throws ApiError. */
export async function dispatch(api: Api, request: ApiRequest): Promise<Answer | StreamedAnswer> {
  const { definition, resource, info } = request;
  if (definition.deprecationWarning !== undefined) request.warnings.push(definition.deprecationWarning);
  const handler = verbsOf(definition, resource.subresource)[info.verb];
  if (handler === undefined || !fitsName(request)) throw methodNotAllowed();
  return await handler(api, request);
}

/** A create goes to the collection, an update or patch to an object; of a subresource all are about an object. */
function fitsName({ info, resource }: ApiRequest): boolean {
  if (resource.subresource !== undefined) return resource.name !== undefined;
  if (info.verb === "create") return resource.name === undefined;
  // Namespaces are emptied one by one.
  if (info.verb === "deletecollection") return resource.plural !== "namespaces";
  return (info.verb !== "update" && info.verb !== "patch") || resource.name !== undefined;
}

function verbsOf(definition: ResourceDefinition, subresource: string | undefined): Verbs {
  if (subresource === undefined) return OBJECT_VERBS;
  const { status, scale, other } = definition.subresources;
  if (subresource === "status" && status === true) return STATUS_VERBS;
  if (subresource === "scale" && scale !== undefined) return SCALE_VERBS;
  const verbs = other?.includes(subresource) === true ? OTHER_VERBS[subresource] : undefined;
  if (verbs === undefined) throw noSuchResource();
  return verbs;
}
