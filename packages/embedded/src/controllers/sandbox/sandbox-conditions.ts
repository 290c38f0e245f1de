import type { Pod, Sandbox, Service, Stored } from "@sandgate/contract";
import type { WantedCondition } from "../conditions.ts";
import { ownershipOf } from "../owner.ts";
import type { SandboxErrors } from "./plan-sandbox.ts";

export interface ConditionInput {
  sandbox: Stored<Sandbox>;
  pod: Stored<Pod> | undefined;
  service: Stored<Service> | undefined;
  /** What went wrong in this pass. */
  errors: SandboxErrors;
  /** Number of pods that this sandbox owns. */
  ownedPods: number;
}

/** Types that are absent unless they are among the wanted ones. */
export const PASSING_TYPES = ["Finished", "PodScheduled"] as const;

/** The conditions of a sandbox that has not expired, in upstream's words. */
export function sandboxConditions(input: ConditionInput): WantedCondition[] {
  const { sandbox, pod, errors, ownedPods } = input;
  const observedGeneration = sandbox.metadata.generation ?? 0;
  const own = pod !== undefined && ownershipOf(pod, sandbox) === "own";
  // Where looking at the pod failed, its absence proves nothing.
  const isUnknown = pod === undefined && (errors.pod !== undefined || ownedPods > 1);
  const conditions = [
    suspended(input, isUnknown),
    ...(own ? [...finished(pod), ...scheduled(pod)] : []),
    ...(isUnknown ? [SCHEDULING_UNKNOWN] : []),
    ready(input),
  ];
  return conditions.map((condition) => ({ ...condition, observedGeneration }));
}

type Condition = Omit<WantedCondition, "observedGeneration">;

const SCHEDULING_UNKNOWN: Condition = {
  type: "PodScheduled",
  status: "Unknown",
  reason: "PodSchedulingUnknown",
  message: "Pod state is unknown. Pod scheduling cannot be determined",
};

function suspended({ sandbox, pod }: ConditionInput, isUnknown: boolean): Condition {
  const condition = (status: Condition["status"], reason: string, message: string): Condition => ({
    type: "Suspended",
    status,
    reason,
    message,
  });
  if (sandbox.spec.operatingMode !== "Suspended")
    return condition("False", "NotSuspended", "Sandbox is not suspended");
  if (pod === undefined) {
    return isUnknown
      ? condition(
          "Unknown",
          "PodStateUnknown",
          "Pod state is unknown. Sandbox suspension cannot be confirmed",
        )
      : condition("True", "PodTerminated", "Pod has been terminated. Sandbox is suspended");
  }
  if (ownershipOf(pod, sandbox) !== "own") {
    return condition("False", "PodNotOwned", "Refused to delete pod because it is not owned by this sandbox");
  }
  return condition("False", "PodTerminating", "Pod is terminating. Sandbox is suspending");
}

function finished(pod: Stored<Pod>): Condition[] {
  const ended = ENDED[pod.status?.phase ?? ""];
  return ended === undefined ? [] : [{ type: "Finished", status: "True", ...ended }];
}

const ENDED: Readonly<Record<string, { reason: string; message: string }>> = {
  Succeeded: { reason: "PodSucceeded", message: "Pod completed successfully" },
  Failed: { reason: "PodFailed", message: "Pod failed" },
};

function scheduled(pod: Stored<Pod>): Condition[] {
  const seen = pod.status?.conditions?.find((one) => one.type === "PodScheduled");
  if (seen === undefined) {
    return [
      {
        type: "PodScheduled",
        status: "Unknown",
        reason: "PodSchedulingUnknown",
        message: "Pod has not reported a PodScheduled condition yet",
      },
    ];
  }
  const fallback = seen.status === "True" ? "PodScheduled" : "PodSchedulingUnknown";
  return [
    {
      type: "PodScheduled",
      status: seen.status,
      reason: seen.reason === undefined || seen.reason === "" ? fallback : seen.reason,
      message: seen.message ?? "",
    },
  ];
}

function ready({ sandbox, pod, service, errors, ownedPods }: ConditionInput): Condition {
  const not = (reason: string, message: string): Condition => ({
    type: "Ready",
    status: "False",
    reason,
    message,
  });
  if (ownedPods > 1) return not("MultiplePods", multiplePods(ownedPods));
  const seen = [errors.volumes, errors.pod, errors.service].filter((error) => error !== undefined);
  if (seen.length > 0) return not("ReconcilerError", `Error seen: ${seen.join("\n")}`);
  if (sandbox.spec.operatingMode === "Suspended") {
    return not("SandboxSuspended", pod === undefined ? "Sandbox is suspended" : "Sandbox is suspending");
  }
  const ended = ENDED[pod?.status?.phase ?? ""];
  if (ended !== undefined) return not(ended.reason, ended.message);
  const podSays = podMessage(pod);
  const needed = sandbox.spec.service ?? service !== undefined;
  const serviceSays = !needed ? "" : service === undefined ? "; Service does not exist" : "; Service Exists";
  const message = podSays + serviceSays;
  const isReady = podSays === POD_IS_READY && (!needed || service !== undefined);
  return isReady
    ? { type: "Ready", status: "True", reason: "DependenciesReady", message }
    : not("DependenciesNotReady", message);
}

export function multiplePods(count: number): string {
  return `multiple Pods (${count}) are controlled by this Sandbox; refusing to choose or create a Pod`;
}

const POD_IS_READY = "Pod is Ready";

function podMessage(pod: Stored<Pod> | undefined): string {
  if (pod === undefined) return "Pod does not exist";
  const { phase = "", conditions = [], podIPs = [] } = pod.status ?? {};
  if (phase !== "Running") return `Pod exists with phase: ${phase}`;
  if (conditions.find((one) => one.type === "Ready")?.status !== "True")
    return "Pod is Running but not Ready";
  return podIPs.length === 0 ? "Pod is Ready but has no podIPs yet" : POD_IS_READY;
}
