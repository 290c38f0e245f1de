import { setTimeout as delay } from "node:timers/promises";
import { isConflict, isNotFound, PODS } from "@sandgate/kube";
import type { LivePod } from "./live-pod.ts";

const FIRST_RETRY_MS = 100;
const LONGEST_RETRY_MS = 30_000;

/** Has the API server forget a pod that has ended; tried again until it has, or the node ends. */
export async function forgetPod(pod: LivePod): Promise<void> {
  const { namespace, name } = pod.object.metadata;
  const { client, logger } = pod.context;
  const options = { gracePeriodSeconds: 0, preconditions: { uid: pod.uid } };
  for (let waitMs = FIRST_RETRY_MS; !pod.isClosing; waitMs = Math.min(waitMs * 2, LONGEST_RETRY_MS)) {
    try {
      await client.delete(PODS, { namespace, name }, options);
      return;
    } catch (error) {
      // A conflict: the name is another pod's by now.
      if (isNotFound(error) || isConflict(error) || pod.isClosing) return;
      logger.warn("a pod could not be removed yet", {
        pod: `${namespace}/${name}`,
        error: (error as Error).message,
      });
    }
    await delay(waitMs, undefined, { ref: false });
  }
}
