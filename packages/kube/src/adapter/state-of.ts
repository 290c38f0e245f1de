import type { Condition, NormalSandbox, SandboxState, StateReason } from "@sandgate/contract";
import type { PodView } from "./pod-view.ts";

/** What the rows below are decided from. */
interface Seen {
  deleting: boolean;
  suspendWanted: boolean;
  ready: Condition | undefined;
  finished: Condition | undefined;
  pod: PodView | undefined;
  /** Whether the pod was a warm pool's before it was the sandbox's: up to v0.2.1 it keeps the name that it got there. */
  podIsAdopted: boolean;
}

interface Told {
  reason: string;
  message: string;
}

/** One row: the first that applies decides. */
interface Row {
  state: SandboxState;
  when: (seen: Seen) => boolean;
  /** Reason and message where the Ready condition does not tell them truthfully. */
  why?: (seen: Seen) => Told;
}

/**
 * From what a Sandbox and its pod show to what the sandbox is doing, for every release. Conditions alone do not tell it:
 * up to v0.4.6 a suspended sandbox is Ready=True, and from v0.5.0 to v0.5.3 Suspended=True comes early and stays after a
 * resume. So the wish (`operatingMode`, `replicas`) and the pod decide first, and Ready=True counts only with a ready pod.
 */
const ROWS: readonly Row[] = [
  {
    state: "Missing",
    when: ({ deleting }) => deleting,
    why: () => ({ reason: "Deleting", message: "The sandbox is being deleted" }),
  },
  { state: "Expired", when: ({ ready }) => ready?.status === "False" && ready.reason === "SandboxExpired" },
  {
    state: "Suspending",
    when: ({ suspendWanted, pod }) => suspendWanted && pod !== undefined,
    why: () => ({ reason: "SandboxSuspended", message: "The sandbox is suspending" }),
  },
  {
    state: "Suspended",
    when: ({ suspendWanted }) => suspendWanted,
    why: () => ({ reason: "SandboxSuspended", message: "The sandbox is suspended" }),
  },
  { state: "Failed", when: ({ ready }) => ready?.reason === "MultiplePods" },
  {
    state: "Failed",
    when: ({ ready }) => ready?.reason === "PodFailed",
    // The condition says only that the pod has failed.
    why: ({ ready, pod }) => withPodReason(toldBy(ready), pod),
  },
  { state: "Succeeded", when: ({ ready }) => ready?.reason === "PodSucceeded" },
  {
    state: "Failed",
    when: ({ pod, finished }) =>
      pod?.phase === "Failed" || (pod !== undefined && isFinished(finished, "PodFailed")),
    why: ({ pod }) => ({
      reason: pod?.reason === "" ? "PodFailed" : (pod?.reason ?? ""),
      message: pod?.message ?? "",
    }),
  },
  {
    state: "Succeeded",
    when: ({ pod, finished }) =>
      pod?.phase === "Succeeded" || (pod !== undefined && isFinished(finished, "PodSucceeded")),
    why: () => ({ reason: "PodSucceeded", message: "The sandbox's pod has ended" }),
  },
  {
    state: "Ready",
    when: ({ ready, pod }) =>
      ready?.status === "True" && pod?.ready === true && !pod.deleting && pod.podIps.length > 0,
  },
  {
    state: "Ready",
    // v0.1.0 hears of a pod only by the Sandbox's name: that a pool's pod has become ready since, only the pod tells.
    when: ({ ready, pod, podIsAdopted }) =>
      podIsAdopted &&
      ready?.reason === "DependenciesNotReady" &&
      pod?.ready === true &&
      !pod.deleting &&
      pod.podIps.length > 0,
    why: () => ({ reason: "DependenciesReady", message: "The sandbox's pod is ready" }),
  },
  {
    state: "Starting",
    when: ({ ready, pod }) => ready?.status !== "False" && pod?.deleting === true,
    why: () => ({ reason: "PodTerminating", message: "The sandbox's pod is being replaced" }),
  },
  {
    state: "Starting",
    when: ({ ready }) => ready?.status !== "False",
    why: ({ ready, pod }) => ({
      reason: ready === undefined ? "NoStatusYet" : pod === undefined ? "PodMissing" : "PodNotReady",
      message:
        pod === undefined ? "The sandbox has no pod yet" : `The sandbox's pod is ${pod.phase} and not ready`,
    }),
  },
  { state: "Starting", when: () => true },
];

/** What the sandbox is doing, with the reason. */
export function stateOf(sandbox: NormalSandbox, pod: PodView | undefined): StateReason {
  const seen: Seen = {
    deleting: sandbox.deleting,
    suspendWanted: sandbox.desired === "Suspended",
    ready: sandbox.conditions.find((one) => one.type === "Ready"),
    finished: sandbox.conditions.find((one) => one.type === "Finished"),
    pod,
    podIsAdopted: pod !== undefined && pod.name !== sandbox.name,
  };
  for (const { state, when, why } of ROWS) {
    if (!when(seen)) continue;
    const told = why?.(seen) ?? toldBy(seen.ready);
    return { state, ...(state === "Starting" ? withPodReason(told, pod) : told) };
  }
  throw new Error("the last row applies to everything");
}

function toldBy(ready: Condition | undefined): Told {
  return { reason: ready?.reason ?? "", message: ready?.message ?? "" };
}

/** A pod that waits or has failed for a reason (a wrong image, a missing Secret) says more than that it is not ready. */
function withPodReason(told: Told, pod: PodView | undefined): Told {
  const own = [pod?.reason, pod?.message].filter((text) => text !== undefined && text !== "").join(": ");
  return own === "" ? told : { reason: told.reason, message: `${told.message} (${own})` };
}

function isFinished(finished: Condition | undefined, reason: string): boolean {
  return finished?.status === "True" && finished.reason === reason;
}
