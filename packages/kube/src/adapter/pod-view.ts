import { controllerOf, type Pod, type Stored } from "@sandgate/contract";

/** What routing needs to know of a pod. */
export interface PodView {
  uid: string;
  resourceVersion: string;
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
    resourceVersion: metadata.resourceVersion,
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
