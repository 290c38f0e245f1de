import { once } from "node:events";
import { isKubeError, openPortForward, type KubeClient } from "@sandgate/kube";

/** So long an answer is waited for; a server that keeps quiet listens. */
const PATIENCE_MS = 2_000;

export type PortState = "open" | "closed" | { code: number; why: string };

/**
 * Whether something listens on a port of a pod, asked by port-forward, so that it works from anywhere. Nothing is sent: the
 * connection is opened and closed.
 */
export async function probePort(
  client: KubeClient,
  pod: { namespace: string; pod: string },
  port: number,
  signal: AbortSignal,
): Promise<PortState> {
  try {
    const tunnel = await openPortForward(client, { ...pod, signal });
    try {
      const connection = tunnel.dial(port);
      const over = once(connection, "close", {
        signal: AbortSignal.any([signal, AbortSignal.timeout(PATIENCE_MS)]),
      });
      connection.resume();
      connection.end();
      await over;
      return "open";
    } catch (error) {
      signal.throwIfAborted();
      return (error as NodeJS.ErrnoException).code === "ECONNREFUSED" ? "closed" : "open";
    } finally {
      tunnel.close();
    }
  } catch (error) {
    if (isKubeError(error)) return { code: error.code, why: error.message };
    throw error;
  }
}
