import { setImmediate as nextTurn } from "node:timers/promises";
import { apiVersionOf } from "../registry/resource-definition.ts";
import { type Answer, jsonAnswer } from "../server/answer.ts";
import { ApiError } from "../server/api-error.ts";
import { invalidOption } from "../server/invalid-options.ts";
import type { ApiRequest } from "../server/api-request.ts";
import type { Entry } from "../storage/entry.ts";
import { type Api, bucketOf, isDryRun, readJson } from "./api.ts";
import { type DeleteOptions, type PropagationPolicy, deleteObject } from "./delete-object.ts";
import { requireEntry } from "./get.ts";
import { filterOf, isSelected } from "./list.ts";
import { showObject } from "./show-object.ts";

/** Objects that are deleted before other requests get their turn. */
const PORTION = 200;
const POLICIES = new Set(["Foreground", "Background", "Orphan"]);
/** Kinds that answer with what was deleted; the others with a Status. */
const RETURNED = new Set([
  "/pods",
  "/services",
  "/serviceaccounts",
  "/persistentvolumeclaims",
  "/resourcequotas",
]);

export async function handleDelete(api: Api, request: ApiRequest): Promise<Answer> {
  requireEntry(api, request);
  const options = await readDeleteOptions(request);
  const entry = requireEntry(api, request);
  const { definition } = request;
  const deletion = deleteObject(api, definition, entry, options);
  if (!deletion.gone || RETURNED.has(entry.bucket)) {
    return showObject(api, request, 200, await readJson(api, deletion.entry, definition));
  }
  return jsonAnswer(200, {
    kind: "Status",
    apiVersion: "v1",
    metadata: {},
    status: "Success",
    details: {
      name: entry.name,
      ...(definition.group === "" ? {} : { group: definition.group }),
      kind: definition.plural,
      uid: entry.uid,
    },
  });
}

/** Deletes what a list with the same selectors would show. */
export async function handleDeleteCollection(api: Api, request: ApiRequest): Promise<Answer> {
  const { definition } = request;
  const options = await readDeleteOptions(request);
  const filter = filterOf(request);
  const candidates = api.store.bucket(bucketOf(definition)).snapshot({ namespace: filter.namespace }) ?? [];
  const items: string[] = [];
  for (const [index, candidate] of candidates.entries()) {
    if (index > 0 && index % PORTION === 0) await nextTurn();
    if (!(await isSelected(api, request, filter, candidate))) continue;
    const entry: Entry | undefined = api.store.get(candidate.bucket, candidate.key);
    if (entry === undefined || entry.uid !== candidate.uid) continue;
    const deletion = deleteObject(api, definition, entry, options);
    items.push(await readJson(api, deletion.entry, definition));
  }
  const head = JSON.stringify({
    kind: definition.listKind,
    apiVersion: apiVersionOf(definition),
    metadata: { resourceVersion: String(api.store.revision) },
  });
  return { status: 200, body: `${head.slice(0, -1)},"items":[${items.join(",")}]}` };
}

/** From the body if there is one, else from the query. */
export async function readDeleteOptions(request: ApiRequest): Promise<DeleteOptions> {
  const body = await request.body();
  return parseDeleteOptions(body?.value, request.query);
}

/** @throws ApiError 400, 422 for values that are none. */
export function parseDeleteOptions(value: unknown, query: URLSearchParams): DeleteOptions {
  const given = (value ?? {}) as {
    kind?: unknown;
    gracePeriodSeconds?: unknown;
    propagationPolicy?: unknown;
    orphanDependents?: unknown;
    preconditions?: { uid?: string; resourceVersion?: string };
    dryRun?: unknown;
  };
  if (given.kind !== undefined && given.kind !== "DeleteOptions") {
    throw new ApiError("BadRequest", "the body of a deletion is DeleteOptions");
  }
  const grace = given.gracePeriodSeconds ?? numberOf(query.get("gracePeriodSeconds"));
  if (grace !== undefined && (typeof grace !== "number" || !Number.isSafeInteger(grace))) {
    throw new ApiError("BadRequest", "gracePeriodSeconds: not a whole number");
  }
  const policy: unknown = given.propagationPolicy ?? query.get("propagationPolicy") ?? undefined;
  if (policy !== undefined && (typeof policy !== "string" || !POLICIES.has(policy))) {
    throw invalidOption(
      "DeleteOptions",
      "propagationPolicy",
      "FieldValueNotSupported",
      `Unsupported value: ${JSON.stringify(policy)}: supported values: "Foreground", "Background", "Orphan", "nil"`,
    );
  }
  const orphan = given.orphanDependents ?? (query.get("orphanDependents") === "true" ? true : undefined);
  const fromOrphan: PropagationPolicy | undefined = orphan === true ? "Orphan" : undefined;
  const dryRun = Array.isArray(given.dryRun) ? given.dryRun.includes("All") : isDryRun(query, "delete");
  return {
    gracePeriodSeconds: grace,
    propagationPolicy: (policy as PropagationPolicy | undefined) ?? fromOrphan,
    preconditions: given.preconditions,
    dryRun,
  };
}

function numberOf(text: string | null): number | undefined {
  return text === null || text === "" ? undefined : Number(text);
}
