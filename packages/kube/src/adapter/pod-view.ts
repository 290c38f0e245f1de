import { controllerOf, type Pod, type Stored } from "@sandgate/contract";

/** What routing needs to know of a pod. */
export interface PodView {
  uid: string;
  name: string;
  namespace: string;
  /** UID of the Sandbox that controls it, null where something else or nothing does. */
  sandboxUid: string | null;
  podIps: readonly string[];
  hostIps: readonly string[];
  hostNetwork: boolean;
  ready: boolean;
  deleting: boolean;
  phase: string;
  /** Why it is not running, from the pod or its first container that says so. */
  reason: string;
  message: string;
}

export function viewPod(pod: Stored<Pod>): PodView {
  const { metadata, spec, status } = pod;
  const owner = controllerOf(pod);
  const waiting = [...(status?.initContainerStatuses ?? []), ...(status?.containerStatuses ?? [])]
    .map((container) => container.state?.waiting ?? container.state?.terminated)
    .find((state) => state?.reason !== undefined && state.reason !== "Completed");
  return {
    uid: metadata.uid,
    name: metadata.name,
    namespace: metadata.namespace ?? "default",
    // The group is part of the check: another group's kind Sandbox is none of ours.
    sandboxUid:
      owner?.kind === "Sandbox" && owner.apiVersion.startsWith("agents.x-k8s.io/") ? owner.uid : null,
    podIps: (status?.podIPs ?? []).map(({ ip }) => ip),
    hostIps: (status?.hostIPs ?? []).map(({ ip }) => ip),
    hostNetwork: spec.hostNetwork === true,
    ready: status?.conditions?.some((one) => one.type === "Ready" && one.status === "True") === true,
    deleting: metadata.deletionTimestamp !== undefined,
    phase: status?.phase ?? "Pending",
    reason: status?.reason ?? waiting?.reason ?? "",
    message: status?.message ?? waiting?.message ?? "",
  };
}

/** The parts of a pod that `viewPod` reads: what an informer has to keep. */
export function trimPod(pod: Stored<Pod>): Stored<Pod> {
  const { metadata, spec, status } = pod;
  return {
    metadata: {
      name: metadata.name,
      uid: metadata.uid,
      resourceVersion: metadata.resourceVersion,
      ...(metadata.namespace === undefined ? {} : { namespace: metadata.namespace }),
      ...(metadata.deletionTimestamp === undefined ? {} : { deletionTimestamp: metadata.deletionTimestamp }),
      ...(metadata.ownerReferences === undefined ? {} : { ownerReferences: metadata.ownerReferences }),
    },
    spec: { containers: [], ...(spec.hostNetwork === undefined ? {} : { hostNetwork: spec.hostNetwork }) },
    ...(status === undefined
      ? {}
      : {
          status: {
            ...pick(status, ["phase", "reason", "message", "podIPs", "hostIPs"]),
            conditions: (status.conditions ?? []).filter((one) => one.type === "Ready"),
            initContainerStatuses: status.initContainerStatuses ?? [],
            containerStatuses: status.containerStatuses ?? [],
          },
        }),
  };
}

function pick<T extends object, K extends keyof T>(from: T, keys: readonly K[]): Pick<T, K> {
  return Object.fromEntries(
    keys.flatMap((key) => (from[key] === undefined ? [] : [[key, from[key]]])),
  ) as Pick<T, K>;
}
