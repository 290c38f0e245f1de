import type { Pod, PodCondition } from "@sandgate/contract";
import { type Answer, jsonAnswer } from "../server/answer.ts";
import { ApiError } from "../server/api-error.ts";
import type { ApiRequest } from "../server/api-request.ts";
import { conflict } from "../server/status-errors.ts";
import { type AnyObject, parseEntry } from "../storage/entry.ts";
import { type Api, isDryRun, timestamp } from "./api.ts";
import { parseDeleteOptions } from "./delete.ts";
import { deleteObject } from "./delete-object.ts";
import { requireEntry } from "./get.ts";
import { isFinished } from "./update-object.ts";

const SUCCESS = { kind: "Status", apiVersion: "v1", metadata: {}, status: "Success", code: 201 };

interface Binding {
  metadata?: { uid?: string; resourceVersion?: string; annotations?: Record<string, string> };
  target?: { kind?: string; name?: string };
}

/** POST of `pods/NAME/binding`: gives the pod to a node. */
export async function handleBinding(api: Api, request: ApiRequest): Promise<Answer> {
  const body = await request.body();
  const { target, metadata } = (body?.value ?? {}) as Binding;
  const node = target?.name ?? "";
  if (node === "" || (target?.kind ?? "Node") !== "Node") {
    throw new ApiError("BadRequest", 'target: a binding names a target of kind "Node"');
  }
  const entry = requireEntry(api, request);
  const pod = parseEntry(entry) as AnyObject & Pod;
  const refuse = (why: string): ApiError => conflict({ group: "", plural: "pods/binding" }, entry.name, why);
  if ((metadata?.uid ?? entry.uid) !== entry.uid) throw refuse(`the pod has the UID ${entry.uid}`);
  if (entry.deleting) throw refuse(`pod ${entry.name} is being deleted, cannot be assigned to a host`);
  const present = pod.spec.nodeName ?? "";
  if (present !== "") throw refuse(`pod ${entry.name} is already assigned to node "${present}"`);
  if (isDryRun(request.query, request.info.verb)) return jsonAnswer(201, SUCCESS);
  pod.spec.nodeName = node;
  if (metadata?.annotations !== undefined) {
    pod.metadata.annotations = { ...pod.metadata.annotations, ...metadata.annotations };
  }
  const scheduled: PodCondition = {
    type: "PodScheduled",
    status: "True",
    lastProbeTime: null,
    lastTransitionTime: timestamp(api.now()),
  };
  const others = (pod.status?.conditions ?? []).filter((condition) => condition.type !== "PodScheduled");
  pod.status = { ...pod.status, conditions: [...others, scheduled] };
  api.store.update(entry, pod);
  return jsonAnswer(201, SUCCESS);
}

/** POST of `pods/NAME/eviction`: a deletion, as there are no disruption budgets that could refuse it. */
export async function handleEviction(api: Api, request: ApiRequest): Promise<Answer> {
  const body = await request.body();
  const eviction = (body?.value ?? {}) as { deleteOptions?: unknown };
  const options = parseDeleteOptions(eviction.deleteOptions, request.query);
  deleteObject(api, request.definition, requireEntry(api, request), options);
  return jsonAnswer(201, SUCCESS);
}

/** PUT of `namespaces/NAME/finalize`: the only way to change what keeps a namespace. */
export async function handleFinalize(api: Api, request: ApiRequest): Promise<Answer> {
  const body = await request.body();
  const wanted = (body?.value ?? {}) as Partial<AnyObject>;
  const entry = requireEntry(api, request);
  const finalizers = wanted.spec?.["finalizers"] ?? [];
  if (!Array.isArray(finalizers) || finalizers.some((finalizer) => typeof finalizer !== "string")) {
    throw new ApiError("BadRequest", "spec.finalizers: must be a list of strings");
  }
  const version = wanted.metadata?.resourceVersion ?? "";
  if (version !== "" && version !== String(entry.revision)) {
    throw conflict(
      request.definition,
      entry.name,
      "the object has been modified; please apply your changes to the latest version and try again",
    );
  }
  const object = parseEntry(entry);
  object.spec = { ...object.spec, finalizers };
  const next = isFinished(object) ? api.store.remove(entry, object) : api.store.update(entry, object);
  return { status: 200, body: (next ?? entry).json };
}
