import {
  controllerOf,
  LABEL_SANDBOX_NAME_HASH,
  LABEL_TEMPLATE_REF_HASH,
  LABEL_WARM_POOL_SANDBOX,
  type Pod,
  type Sandbox,
  type Stored,
  type Volume,
} from "@sandgate/contract";
import { SANDBOXES } from "@sandgate/kube";
import { nameHash } from "../name-hash.ts";
import { ownerReference } from "../owner.ts";
import {
  ANNOTATION_PROPAGATED_ANNOTATIONS,
  ANNOTATION_PROPAGATED_LABELS,
  ANNOTATION_SAFE_TO_EVICT,
  isReservedKey,
  LABEL_CREATED_BY,
  normalizeCreatedBy,
} from "./system-keys.ts";

/** Labels and annotations that a sandbox's pod has to carry now. */
export interface PodMetadata {
  labels: Record<string, string>;
  annotations: Record<string, string>;
}

/** Metadata of a sandbox's pod: the template's own keys, and those of the controllers over them. */
export function podMetadata(sandbox: Stored<Sandbox>): PodMetadata {
  const template = sandbox.spec.podTemplate.metadata;
  const labels = userKeys(template?.labels);
  const annotations = userKeys(template?.annotations);
  const tracking: Record<string, string> = {};
  if (Object.keys(labels).length > 0)
    tracking[ANNOTATION_PROPAGATED_LABELS] = Object.keys(labels).toSorted().join(",");
  if (Object.keys(annotations).length > 0) {
    tracking[ANNOTATION_PROPAGATED_ANNOTATIONS] = Object.keys(annotations).toSorted().join(",");
  }
  const createdBy = sandbox.metadata.labels?.[LABEL_CREATED_BY];
  return {
    labels: {
      ...labels,
      [LABEL_SANDBOX_NAME_HASH]: nameHash(sandbox.metadata.name),
      ...extensionLabels(sandbox),
      ...(createdBy === undefined || createdBy === ""
        ? {}
        : { [LABEL_CREATED_BY]: normalizeCreatedBy(createdBy) }),
    },
    annotations: { ...annotations, ...tracking },
  };
}

/** The pod that a sandbox without one gets. */
export function newPod(sandbox: Stored<Sandbox>): Pod {
  const { podTemplate, volumeClaimTemplates = [] } = sandbox.spec;
  const { labels, annotations } = podMetadata(sandbox);
  const claims: Volume[] = volumeClaimTemplates.map(({ metadata }) => ({
    name: metadata.name,
    persistentVolumeClaim: { claimName: claimName(metadata.name, sandbox.metadata.name) },
  }));
  const claimed = new Set(claims.map((volume) => volume.name));
  const volumes = [
    ...(podTemplate.spec.volumes ?? []).filter((volume) => !claimed.has(volume.name)),
    ...claims,
  ];
  return {
    metadata: {
      name: sandbox.metadata.name,
      namespace: sandbox.metadata.namespace ?? "default",
      labels,
      ...(Object.keys(annotations).length === 0 ? {} : { annotations }),
      ownerReferences: [ownerReference(SANDBOXES, sandbox)],
    },
    spec: { ...podTemplate.spec, ...(volumes.length === 0 ? {} : { volumes }) },
  };
}

/** Name of the claim that a template of volume claims becomes for one sandbox. */
export function claimName(template: string, sandbox: string): string {
  return `${template}-${sandbox}`;
}

/**
 * What has to change on a pod's metadata, as a merge patch; null where nothing does. Keys that the controller put there
 * from an earlier template and that are gone from it are removed; everybody else's stay.
 */
export function metadataPatch(pod: Stored<Pod>, sandbox: Stored<Sandbox>): object | null {
  const wanted = podMetadata(sandbox);
  const labels = difference(pod.metadata.labels ?? {}, wanted.labels, [
    ...tracked(pod, ANNOTATION_PROPAGATED_LABELS),
    LABEL_TEMPLATE_REF_HASH,
    LABEL_WARM_POOL_SANDBOX,
    LABEL_CREATED_BY,
  ]);
  const gone = [
    ...tracked(pod, ANNOTATION_PROPAGATED_ANNOTATIONS),
    // A pool's mark that its members may be evicted; not so once somebody has claimed one.
    ...(sandbox.metadata.labels?.[LABEL_WARM_POOL_SANDBOX] === undefined ? [ANNOTATION_SAFE_TO_EVICT] : []),
  ];
  // A list that has become empty stays, empty.
  for (const key of [ANNOTATION_PROPAGATED_LABELS, ANNOTATION_PROPAGATED_ANNOTATIONS])
    if (pod.metadata.annotations?.[key] !== undefined) wanted.annotations[key] ??= "";
  const annotations = difference(pod.metadata.annotations ?? {}, wanted.annotations, gone);
  if (labels === null && annotations === null) return null;
  return {
    metadata: { ...(labels === null ? {} : { labels }), ...(annotations === null ? {} : { annotations }) },
  };
}

function difference(
  present: Readonly<Record<string, string>>,
  wanted: Readonly<Record<string, string>>,
  removable: readonly string[],
): Record<string, string | null> | null {
  const changes: Record<string, string | null> = {};
  for (const [key, value] of Object.entries(wanted)) if (present[key] !== value) changes[key] = value;
  for (const key of removable)
    if (present[key] !== undefined && wanted[key] === undefined) changes[key] = null;
  return Object.keys(changes).length === 0 ? null : changes;
}

function tracked(pod: Stored<Pod>, annotation: string): string[] {
  return (pod.metadata.annotations?.[annotation] ?? "").split(",").filter((key) => key !== "");
}

function userKeys(keys: Readonly<Record<string, string>> | undefined): Record<string, string> {
  return Object.fromEntries(Object.entries(keys ?? {}).filter(([key]) => !isReservedKey(key)));
}

/** Labels that a claim or pool gave its sandbox and that have to reach the pod, where network policies look for them. */
function extensionLabels(sandbox: Stored<Sandbox>): Record<string, string> {
  const owner = controllerOf(sandbox);
  if (owner?.apiVersion.startsWith("extensions.agents.x-k8s.io/") !== true) return {};
  const keys =
    owner.kind === "SandboxWarmPool"
      ? [LABEL_TEMPLATE_REF_HASH, LABEL_WARM_POOL_SANDBOX]
      : [LABEL_TEMPLATE_REF_HASH];
  const labels = sandbox.metadata.labels ?? {};
  return Object.fromEntries(keys.flatMap((key) => (labels[key] === undefined ? [] : [[key, labels[key]]])));
}
