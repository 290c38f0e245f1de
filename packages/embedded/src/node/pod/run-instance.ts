import type { Container } from "@sandgate/contract";
import type { ExitInfo } from "../container/exit-info.ts";
import type { RunningContainer } from "../container/running-container.ts";
import { inSeconds, LONGEST_MS } from "../times.ts";
import type { ContainerRecord } from "./container-record.ts";
import { runHook, type Hook } from "./lifecycle-hook.ts";
import type { LivePod } from "./live-pod.ts";
import { probeTarget } from "./probe-target.ts";
import { startProber, type Prober } from "./prober.ts";
import { startInstance } from "./start-instance.ts";
import { stopInstance } from "./stop-instance.ts";

/**
 * Runs one instance of a container, from its start to its end, with its hook and its probes.
 *
 * @returns Whether it ran to its end; false where the pod was told to end before it could be started.
 */
export async function runInstance(
  pod: LivePod,
  container: Container,
  record: ContainerRecord,
): Promise<boolean> {
  const started = await startInstance(pod, container, record);
  if (started === null) return false;
  const begun = await runPostStart(pod, started);
  const isInit = pod.records.init.includes(record);
  const prober = isInit || !begun ? null : watchHealth(pod, started, record);
  const exit = await started.exited;
  prober?.stop();
  pod.running.delete(container.name);
  record.ready = false;
  record.started = false;
  record.state = { terminated: terminatedState(started, exit, record) };
  if (exit.reason === "StartError") pod.event("Warning", "Failed", `Error: ${exit.message}`, container);
  // The node itself is ending: what it did to its pods is not their story.
  if (!pod.isClosing) {
    pod.records.save();
    pod.report.publish();
  }
  return true;
}

/** @returns False where the container is being ended because its hook failed. */
async function runPostStart(pod: LivePod, started: RunningContainer): Promise<boolean> {
  const { container } = started;
  const hook = container.lifecycle?.["postStart"] as Hook | undefined;
  if (hook === undefined) return true;
  const ended = started.exited.then(() => "the container has ended");
  const failure = await Promise.race([runHook(hook, probeTarget(pod, started), LONGEST_MS), ended]);
  if (failure === null) return true;
  pod.event("Warning", "FailedPostStartHook", `PostStartHook failed: ${failure}`, container);
  void started.stop(pod.graceMs);
  return false;
}

/** Runs the probes, and has the container end where it is not alive. */
function watchHealth(pod: LivePod, started: RunningContainer, record: ContainerRecord): Prober {
  const { container } = started;
  return startProber(container, probeTarget(pod, started), {
    started: () => {
      record.started = true;
      pod.report.publish();
    },
    ready: (isReady) => {
      record.ready = isReady;
      pod.report.publish();
    },
    failed: (kind, message) =>
      pod.event("Warning", "Unhealthy", `${kind} probe failed: ${message}`, container),
    unhealthy: (kind) => {
      const text = `Container ${container.name} failed ${kind.toLowerCase()} probe, will be restarted`;
      pod.event("Normal", "Killing", text, container);
      const probe = kind === "Startup" ? container.startupProbe : container.livenessProbe;
      const own = probe?.terminationGracePeriodSeconds;
      void stopInstance(pod, started, own === undefined ? pod.graceMs : own * 1000);
    },
  });
}

function terminatedState(
  started: RunningContainer,
  { exitCode, reason, message }: ExitInfo,
  { containerId }: ContainerRecord,
): NonNullable<ContainerRecord["state"]["terminated"]> {
  return {
    exitCode,
    reason,
    ...(message === "" ? {} : { message }),
    startedAt: inSeconds(started.startedAt),
    finishedAt: inSeconds(new Date()),
    ...(containerId === null ? {} : { containerID: containerId }),
  };
}
