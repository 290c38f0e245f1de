import type { Pod, RuntimeClass } from "@sandgate/contract";
import type { ResourceDefinition } from "../registry/resource-definition.ts";
import { ApiError } from "../server/api-error.ts";
import { forbidden, notFound, qualifiedResource } from "../server/status-errors.ts";
import { type AnyObject, keyOf, parseEntry } from "../storage/entry.ts";
import type { Api } from "./api.ts";

/** Whether a new object may come into being where it wants to. @throws ApiError 403, 404. */
export function admitCreate(api: Api, definition: ResourceDefinition, object: AnyObject): void {
  if (definition.namespaced) admitNamespace(api, definition, object);
  if (definition.group === "" && definition.kind === "Pod") {
    const pod = object as unknown as Pod;
    admitServiceAccount(api, definition, pod);
    admitRuntimeClass(api, definition, pod);
  }
}

function admitNamespace(api: Api, definition: ResourceDefinition, object: AnyObject): void {
  const { namespace = "", name = "" } = object.metadata;
  const entry = api.store.get("/namespaces", namespace);
  if (entry === undefined) throw notFound({ group: "", plural: "namespaces" }, namespace);
  const phase = entry.deleting ? "Terminating" : parseEntry(entry).status?.["phase"];
  if (phase !== "Terminating") return;
  throw new ApiError(
    "Forbidden",
    `${qualifiedResource(definition)} "${name}" is forbidden: ` +
      `unable to create new content in namespace ${namespace} because it is being terminated`,
    {
      name,
      ...(definition.group === "" ? {} : { group: definition.group }),
      kind: definition.plural,
      causes: [
        {
          reason: "NamespaceTerminating",
          message: `namespace ${namespace} is being terminated`,
          field: "metadata.namespace",
        },
      ],
    },
  );
}

function admitServiceAccount(api: Api, definition: ResourceDefinition, pod: Pod): void {
  const { namespace = "", name = "" } = pod.metadata;
  const account = pod.spec?.serviceAccountName ?? "default";
  if (api.store.get("/serviceaccounts", keyOf(namespace, account)) !== undefined) return;
  throw forbidden(
    definition,
    name,
    `error looking up service account ${namespace}/${account}: serviceaccount "${account}" not found`,
  );
}

function admitRuntimeClass(api: Api, definition: ResourceDefinition, pod: Pod): void {
  const wanted = pod.spec?.runtimeClassName;
  if (wanted === undefined || wanted === "") return;
  const entry = api.store.get("node.k8s.io/runtimeclasses", wanted);
  if (entry === undefined) {
    throw forbidden(definition, pod.metadata.name ?? "", `pod rejected: RuntimeClass "${wanted}" not found`);
  }
  const { overhead, scheduling } = parseEntry(entry) as unknown as RuntimeClass & {
    overhead?: { podFixed?: Record<string, string> };
    scheduling?: { nodeSelector?: Record<string, string>; tolerations?: unknown[] };
  };
  const spec = pod.spec as Pod["spec"] & { overhead?: Record<string, string> };
  if (overhead?.podFixed !== undefined) spec.overhead = overhead.podFixed;
  if (scheduling?.nodeSelector !== undefined) {
    spec.nodeSelector = { ...spec.nodeSelector, ...scheduling.nodeSelector };
  }
}
