import { ConfigError } from "./environment.ts";
import type { LivePod } from "./live-pod.ts";
import { WAIT_MS } from "./start-instance.ts";

const FIRST_RETRY_MS = 500;
/** A kubelet's longest is two minutes; here whoever frees the disk sits in front of it. */
const LONGEST_RETRY_MS = 20_000;

/**
 * Carries out a step of a pod's start as kubelets do: one that fails is told by a warning and tried again, later and later,
 * and the pod stays Pending. What waits for another object looks for it every second.
 *
 * @param reason - Of the warnings.
 * @returns False where the pod was told to end before.
 */
export async function keepTrying(pod: LivePod, reason: string, step: () => Promise<void>): Promise<boolean> {
  let told = "";
  let waitMs = FIRST_RETRY_MS;
  while (!pod.isEnding) {
    try {
      await step();
      return true;
    } catch (error) {
      const { message } = error as Error;
      const isMissing = error instanceof ConfigError;
      // The event of a failure counts how often it was tried. What is missing is looked for too often for that.
      if (!isMissing || told !== message) pod.event("Warning", reason, message);
      told = message;
      pod.report.publish();
      await pod.wait(isMissing ? WAIT_MS : waitMs);
      if (!isMissing) waitMs = Math.min(waitMs * 2, LONGEST_RETRY_MS);
    }
  }
  return false;
}
