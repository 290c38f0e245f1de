import type { RunningContainer } from "../container/running-container.ts";
import { LONGEST_MS } from "../times.ts";
import { runHook, type Hook } from "./lifecycle-hook.ts";
import type { LivePod } from "./live-pod.ts";
import { probeTarget } from "./probe-target.ts";

/** What a container has at least to end by itself, after a hook that took all of the grace. */
const SHORTEST_GRACE_MS = 2_000;

/** Ends a container, its hook before that first. Resolves when it has ended. */
export async function stopInstance(pod: LivePod, started: RunningContainer, graceMs: number): Promise<void> {
  const hook = started.container.lifecycle?.["preStop"] as Hook | undefined;
  let leftMs = graceMs;
  if (hook !== undefined && graceMs > 0) {
    const began = Date.now();
    const failure = await Promise.race([
      runHook(hook, probeTarget(pod, started), Math.min(graceMs, LONGEST_MS)),
      started.exited.then(() => null),
    ]);
    if (failure !== null) pod.event("Warning", "FailedPreStopHook", `PreStopHook failed: ${failure}`);
    // As kubelets do: the container itself always has a moment.
    leftMs = Math.max(SHORTEST_GRACE_MS, graceMs - (Date.now() - began));
  }
  await started.stop(leftMs);
}
