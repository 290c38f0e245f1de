import type { Container } from "@sandgate/contract";
import { isTerminated, nextBackoffMs, restarts, type ContainerRecord } from "./container-record.ts";
import type { LivePod } from "./live-pod.ts";
import { runInstance } from "./run-instance.ts";

/**
 * Runs the init containers, one after the other.
 *
 * @returns Whether every one has succeeded and the pod goes on.
 */
export async function runInitContainers(pod: LivePod): Promise<boolean> {
  const { restartPolicy, initContainers = [] } = pod.object.spec;
  for (const container of initContainers) {
    const record = pod.records.find(container.name);
    if (record === undefined || record.state.terminated?.exitCode === 0) continue;
    // One that has succeeded is done, whatever the policy.
    await keepRunning(pod, container, record, restartPolicy === "Never" ? "Never" : "OnFailure");
    if (record.state.terminated?.exitCode !== 0) return false;
  }
  return !pod.isEnding;
}

/** Runs the containers, all at once, until each has ended for good or the pod ends. */
export async function runContainers(pod: LivePod): Promise<void> {
  const { restartPolicy, containers } = pod.object.spec;
  await Promise.all(
    containers.map(async (container) => {
      const record = pod.records.find(container.name);
      if (record !== undefined) await keepRunning(pod, container, record, restartPolicy);
    }),
  );
}

/** Restarts a container as the policy says, later and later. */
async function keepRunning(
  pod: LivePod,
  container: Container,
  record: ContainerRecord,
  policy: "Always" | "OnFailure" | "Never" | undefined,
): Promise<void> {
  if (isTerminated(record) && !restarts(policy, record.state.terminated.exitCode)) return;
  let backoffMs = 0;
  while (!pod.isEnding) {
    const began = Date.now();
    const ended = await runInstance(pod, container, record);
    if (!ended || pod.isEnding || pod.hasFailed) return;
    if (!restarts(policy, record.state.terminated?.exitCode ?? 0)) return;
    record.lastState = record.state;
    // The first restart is at once, as kubelets do.
    if (record.restartCount > 0) {
      backoffMs = nextBackoffMs(backoffMs, Date.now() - began);
      const text = `back-off ${Math.round(backoffMs / 1000)}s restarting failed container=${container.name}`;
      record.state = { waiting: { reason: "CrashLoopBackOff", message: text } };
      pod.event("Warning", "BackOff", text, container);
      pod.report.publish();
      await pod.wait(backoffMs);
    }
    record.restartCount++;
  }
}
