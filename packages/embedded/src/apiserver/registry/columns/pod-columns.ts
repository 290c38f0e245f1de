import type { ContainerStatus, Pod, PodStatus } from "@sandgate/contract";
import { ageOf } from "../../table/age.ts";
import type { PrinterColumn } from "../resource-definition.ts";
import { AGE, NAME, column } from "./basic-columns.ts";

interface PodSummary {
  readonly ready: string;
  readonly reason: string;
  readonly restarts: number;
  readonly lastRestart: string | undefined;
}

type NominatedPod = Pod & { status?: { nominatedNodeName?: string } };

export const POD_COLUMNS: readonly PrinterColumn[] = [
  NAME,
  column<Pod>("Ready", (pod) => summarize(pod).ready),
  column<Pod>("Status", (pod) => summarize(pod).reason),
  column<Pod>("Restarts", (pod, now) => {
    const { restarts, lastRestart } = summarize(pod);
    const ago = restarts === 0 || lastRestart === undefined ? "" : ` (${ageOf(lastRestart, now)} ago)`;
    return `${restarts}${ago}`;
  }),
  AGE,
  column<Pod>("IP", (pod) => pod.status?.podIPs?.[0]?.ip ?? "<none>", 1),
  column<Pod>("Node", (pod) => pod.spec.nodeName ?? "<none>", 1),
  column<NominatedPod>("Nominated Node", (pod) => pod.status?.nominatedNodeName ?? "<none>", 1),
  column<Pod>("Readiness Gates", readinessGates, 1),
];

function conditionIs(status: PodStatus | undefined, type: string): boolean {
  return status?.conditions?.find((condition) => condition.type === type)?.status === "True";
}

function readinessGates(pod: Pod): string {
  const gates = pod.spec.readinessGates ?? [];
  if (gates.length === 0) return "<none>";
  return `${gates.filter((gate) => conditionIs(pod.status, gate.conditionType)).length}/${gates.length}`;
}

/** Restarts and the end of the latest run before the current one, over several containers. */
function countRestarts(statuses: readonly ContainerStatus[]): {
  restarts: number;
  lastRestart: string | undefined;
} {
  const ends = statuses
    .map((status) => status.lastState?.terminated?.finishedAt)
    .filter((end) => end !== undefined);
  return {
    restarts: statuses.reduce((sum, status) => sum + status.restartCount, 0),
    lastRestart: ends.toSorted((a, b) => Date.parse(a) - Date.parse(b)).at(-1),
  };
}

/** What one word says about a pod: its phase, unless a container has something more telling. */
function summarize(pod: Pod): PodSummary {
  const { status } = pod;
  const initStatuses = status?.initContainerStatuses ?? [];
  const statuses = status?.containerStatuses ?? [];
  const sidecars = new Set(
    pod.spec.initContainers?.filter((init) => init.restartPolicy === "Always").map((init) => init.name),
  );
  const gated = status?.conditions?.some((c) => c.type === "PodScheduled" && c.reason === "SchedulingGated");
  let reason = gated === true ? "SchedulingGated" : (status?.reason ?? status?.phase ?? "");

  const pending = initStatuses.findIndex((init) => !isInitDone(init, sidecars.has(init.name)));
  const pendingStatus = initStatuses[pending];
  if (pendingStatus !== undefined) {
    reason = initReason(pendingStatus, pending, pod.spec.initContainers?.length ?? 0);
  }
  const seen = pending === -1 ? initStatuses : initStatuses.slice(0, pending);
  let ready = seen.filter((init) => sidecars.has(init.name) && isStarted(init) && init.ready).length;
  let counted = countRestarts(pending === -1 ? initStatuses : initStatuses.slice(0, pending + 1));

  if (pending === -1 || conditionIs(status, "Initialized")) {
    counted = countRestarts([...initStatuses.filter((init) => sidecars.has(init.name)), ...statuses]);
    const running = statuses.filter((container) => container.ready && container.state?.running !== undefined);
    ready += running.length;
    reason = containersReason(status, reason, running.length > 0);
  }

  const finished = status?.phase === "Succeeded" || status?.phase === "Failed";
  if (pod.metadata.deletionTimestamp !== undefined) {
    if (status?.reason === "NodeLost") reason = "Unknown";
    else if (!finished) reason = "Terminating";
  }
  return { ready: `${ready}/${pod.spec.containers.length + sidecars.size}`, reason, ...counted };
}

function isStarted(status: ContainerStatus): boolean {
  return status.started === true && status.state?.terminated === undefined;
}

function isInitDone(status: ContainerStatus, sidecar: boolean): boolean {
  return status.state?.terminated?.exitCode === 0 || (sidecar && status.started === true);
}

function initReason(status: ContainerStatus, index: number, total: number): string {
  const { terminated, waiting } = status.state ?? {};
  if (terminated !== undefined) return `Init:${terminationReason(terminated)}`;
  const waitingFor = waiting?.reason ?? "";
  return waitingFor === "" || waitingFor === "PodInitializing"
    ? `Init:${index}/${total}`
    : `Init:${waitingFor}`;
}

function terminationReason(end: { exitCode: number; signal?: number; reason?: string }): string {
  if (end.reason !== undefined && end.reason !== "") return end.reason;
  return end.signal === undefined || end.signal === 0 ? `ExitCode:${end.exitCode}` : `Signal:${end.signal}`;
}

/** The first container's word counts, so they are looked at from the last to the first. */
function containersReason(status: PodStatus | undefined, before: string, running: boolean): string {
  let reason = before;
  let failure: string | undefined;
  for (const { state } of (status?.containerStatuses ?? []).toReversed()) {
    if (state?.waiting?.reason !== undefined && state.waiting.reason !== "") reason = state.waiting.reason;
    else if (state?.terminated !== undefined) {
      reason = terminationReason(state.terminated);
      if (state.terminated.exitCode !== 0) failure = reason;
    }
  }
  if (reason !== "Completed") return reason;
  if (running && conditionIs(status, "Ready")) return "Running";
  return failure ?? (running ? "NotReady" : reason);
}
