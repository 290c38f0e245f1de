import { setTimeout as delay } from "node:timers/promises";
import type { KubeClient } from "@sandgate/kube";

const PATIENCE_MS = 60_000;

/**
 * Asks `/readyz` until the API server says yes. There is no event for a server that does not listen yet, so it is asked
 * ten times a second.
 *
 * @throws Error with `describe()` after a minute.
 */
export async function untilReady(client: KubeClient, describe: () => string): Promise<void> {
  const end = Date.now() + PATIENCE_MS;
  let last = "";
  while (Date.now() < end) {
    try {
      const response = await client.request("/readyz");
      last = await response.body.text();
      if (response.status === 200) return;
    } catch (error) {
      last = String(error);
    }
    await delay(100);
  }
  throw new Error(`the API server is not ready after ${PATIENCE_MS / 1000} s (${last})\n${describe()}`);
}
