import { availableParallelism } from "node:os";
import type { GatewayConfig, Logger } from "@sandgate/contract";
import { dialModeOf } from "../dial/dial-mode-of.ts";
import { StartError } from "../start-error.ts";
import { canSharePorts } from "./can-share-ports.ts";

/**
 * How many threads are to serve. One, with a line that says why, where the system cannot have more.
 *
 * @param tunnels - Whether there is an API server to reach pods through.
 * @throws StartError where several are asked for and pods are reached by port-forward.
 */
export async function workerCount(
  { workers, dial }: Pick<GatewayConfig, "workers" | "dial">,
  tunnels: boolean,
  logger: Logger,
): Promise<number> {
  const wanted = workers === "auto" ? availableParallelism() : workers;
  if (wanted === 1) return 1;
  if (dialModeOf(dial, tunnels) === "port-forward") {
    const why = "sandboxes are reached by port-forward, where the API server is what bytes wait for";
    if (workers !== "auto") {
      throw new StartError(
        `--workers ${workers} does not go together with --dial port-forward` +
          `${dial === "auto" ? " (what auto is outside of the cluster)" : ""}: ${why}. ` +
          "Leave --workers out, or say --dial pod-ip where this machine gets to pods.",
      );
    }
    logger.info(`one thread serves: ${why}`);
    return 1;
  }
  if (await canSharePorts()) return wanted;
  logger.warn(
    `one thread serves and not ${wanted}: several cannot listen on one port here (it takes Linux and Node.js 22.12 or newer)`,
  );
  return 1;
}
