import type { ContainerStatus, Pod, PodCondition, PodStatus } from "@sandgate/contract";
import { isTerminated, restarts, type ContainerRecord } from "./container-record.ts";

export interface StatusInput {
  pod: Pod;
  init: readonly ContainerRecord[];
  containers: readonly ContainerRecord[];
  ip: string | null;
  nodeIp: string;
  startTime: string;
  nowMs: number;
  /** Ended by the node itself: refused, past its deadline, lost. */
  verdict: { reason: string; message: string } | null;
}

/** The status of a pod as a kubelet tells it. Keeps the transition times of conditions that stay. */
export function podStatus(input: StatusInput): PodStatus {
  const { pod, ip, nodeIp, verdict } = input;
  const phase = verdict === null ? phaseOf(input) : "Failed";
  // As kubelets do of a pod that they refuse: a container that waits would be what kubectl shows of it.
  const neverBegun =
    verdict !== null && [...input.init, ...input.containers].every((one) => one.containerId === null);
  return {
    phase,
    ...(verdict === null ? {} : { reason: verdict.reason, message: verdict.message }),
    conditions: conditionsOf(input, phase),
    hostIP: nodeIp,
    hostIPs: [{ ip: nodeIp }],
    ...(ip === null ? {} : { podIP: ip, podIPs: [{ ip }] }),
    startTime: input.startTime,
    ...(input.init.length === 0 || neverBegun
      ? {}
      : { initContainerStatuses: input.init.map((record) => statusOf(pod, record)) }),
    ...(neverBegun ? {} : { containerStatuses: input.containers.map((record) => statusOf(pod, record)) }),
    ...(pod.status?.qosClass === undefined ? {} : { qosClass: pod.status.qosClass }),
  };
}

function phaseOf({ pod, init, containers }: StatusInput): NonNullable<PodStatus["phase"]> {
  const policy = pod.spec.restartPolicy ?? "Always";
  const failedInit = init.some(
    (one) =>
      isTerminated(one) &&
      one.state.terminated.exitCode !== 0 &&
      !restarts(policy, one.state.terminated.exitCode),
  );
  if (failedInit) return "Failed";
  if (init.some((one) => one.state.terminated?.exitCode !== 0)) return "Pending";
  const ended = containers.filter(isTerminated);
  if (ended.length === containers.length && containers.length > 0) {
    if (ended.every((one) => !restarts(policy, one.state.terminated.exitCode))) {
      return ended.every((one) => one.state.terminated.exitCode === 0) ? "Succeeded" : "Failed";
    }
    return "Running";
  }
  const begun = containers.some(
    (one) =>
      one.state.running !== undefined ||
      one.restartCount > 0 ||
      isTerminated(one) ||
      one.lastState.terminated !== undefined,
  );
  return begun ? "Running" : "Pending";
}

function statusOf(pod: Pod, record: ContainerRecord): ContainerStatus {
  const spec = [...(pod.spec.initContainers ?? []), ...pod.spec.containers].find(
    (one) => one.name === record.name,
  );
  return {
    name: record.name,
    state: record.state,
    lastState: record.lastState,
    ready: record.ready,
    restartCount: record.restartCount,
    image: spec?.image ?? "",
    imageID: record.containerId === null ? "" : "sandgate.dev/runtime@host",
    ...(record.containerId === null ? {} : { containerID: record.containerId }),
    started: record.started,
  };
}

function conditionsOf(input: StatusInput, phase: string): PodCondition[] {
  const { pod, init, containers, nowMs } = input;
  const now = new Date(nowMs).toISOString().replace(/\.\d+Z$/, "Z");
  const done = phase === "Succeeded";
  const initialized = init.every((one) => one.state.terminated?.exitCode === 0);
  const unready = containers.filter((one) => !one.ready).map((one) => one.name);
  const gates = (pod.spec.readinessGates ?? []).filter(
    (gate) => pod.status?.conditions?.find((one) => one.type === gate.conditionType)?.status !== "True",
  );
  const reason = done ? "PodCompleted" : phase === "Failed" ? "PodFailed" : "ContainersNotReady";
  const unreadyText = unready.length === 0 ? "" : `containers with unready status: [${unready.join(" ")}]`;
  const wanted: PodCondition[] = [
    { type: "PodReadyToStartContainers", status: input.ip === null ? "False" : "True" },
    {
      type: "Initialized",
      status: initialized ? "True" : "False",
      ...(initialized
        ? done
          ? { reason }
          : {}
        : {
            reason: "ContainersNotInitialized",
            message: `containers with incomplete status: [${init
              .filter((one) => one.state.terminated?.exitCode !== 0)
              .map((one) => one.name)
              .join(" ")}]`,
          }),
    },
    {
      type: "Ready",
      status: unready.length === 0 && gates.length === 0 && !isOver(phase) ? "True" : "False",
      ...(unready.length > 0 || isOver(phase)
        ? { reason, message: unreadyText }
        : gates.length > 0
          ? {
              reason: "ReadinessGatesNotReady",
              message: `condition "${gates[0]?.conditionType}" is not True`,
            }
          : {}),
    },
    {
      type: "ContainersReady",
      status: unready.length === 0 && !isOver(phase) ? "True" : "False",
      ...(unready.length > 0 || isOver(phase) ? { reason, message: unreadyText } : {}),
    },
  ];
  const before = pod.status?.conditions ?? [];
  const types = new Set(wanted.map((one) => one.type));
  return [
    ...wanted.map((one) => {
      const known = before.find((other) => other.type === one.type);
      return {
        ...one,
        lastProbeTime: null,
        lastTransitionTime: known?.status === one.status ? (known.lastTransitionTime ?? now) : now,
      };
    }),
    // The scheduler's, and readiness gates of others.
    ...before.filter((one) => !types.has(one.type)),
  ];
}

function isOver(phase: string): boolean {
  return phase === "Succeeded" || phase === "Failed";
}
