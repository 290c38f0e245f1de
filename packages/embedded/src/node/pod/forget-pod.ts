import { setTimeout as delay } from "node:timers/promises";
import { isConflict, isNotFound, PODS } from "@sandgate/kube";
import type { LivePod } from "./live-pod.ts";

const FIRST_RETRY_MS = 100;
const LONGEST_RETRY_MS = 30_000;

/**
 * Gives back all that a pod that has ended held of the node, then has the API server forget it. Each is tried again, later and
 * later, until it is done or the node ends: what cannot be removed holds up this pod, and nobody else.
 */
export async function forgetPod(pod: LivePod): Promise<void> {
  const { namespace, name } = pod.object.metadata;
  const { client, logger } = pod.context;
  const warn = (message: string, error: Error): void =>
    logger.warn(message, { pod: `${namespace}/${name}`, error: error.message });
  await insist(
    pod,
    () => pod.resources.remove(),
    (error) => {
      pod.event("Warning", "FailedKillPod", error.message);
      warn("what a pod held could not be removed yet", error);
    },
  );
  const options = { gracePeriodSeconds: 0, preconditions: { uid: pod.uid } };
  await insist(
    pod,
    async () => {
      try {
        await client.delete(PODS, { namespace, name }, options);
      } catch (error) {
        // A conflict: the name is another pod's by now.
        if (!isNotFound(error) && !isConflict(error)) throw error;
      }
    },
    (error) => warn("a pod could not be removed yet", error),
  );
}

async function insist(
  pod: LivePod,
  step: () => Promise<void>,
  onFailure: (error: Error) => void,
): Promise<void> {
  for (let waitMs = FIRST_RETRY_MS; !pod.isClosing; waitMs = Math.min(waitMs * 2, LONGEST_RETRY_MS)) {
    try {
      await step();
      return;
    } catch (error) {
      if (pod.isClosing) return;
      onFailure(error as Error);
    }
    await delay(waitMs, undefined, { ref: false });
  }
}
