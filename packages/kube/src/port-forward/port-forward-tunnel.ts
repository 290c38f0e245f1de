import { createWebSocketStream, type WebSocket } from "ws";
import type { KubeClient } from "../client/kube-client.ts";
import { ForwardedConnection } from "./forwarded-connection.ts";
import { SpdySession } from "./spdy/session.ts";

/** A tunnel to one pod, over which any number of connections to its ports pass. */
export interface PortForwardTunnel {
  /**
   * A connection to a port of the pod. It is made while bytes may already be written: a port that refuses ends it with an
   * error of the code ECONNREFUSED, and none of the bytes have arrived.
   */
  dial(port: number): ForwardedConnection;
  /** Resolves when the tunnel is over, for whatever reason; its connections are over as well. */
  readonly closed: Promise<void>;
  close(): void;
}

/** A WebSocket whose messages carry the bytes of a SPDY connection: Kubernetes 1.31 and later. */
const TUNNEL_PROTOCOL = "SPDY/3.1+portforward.k8s.io";

const PING_MS = 15_000;

/**
 * Opens a tunnel to a pod over pods/portforward.
 *
 * @throws KubeError where the server refuses, KubeUnreachableError where it does not answer.
 */
export async function openPortForward(
  client: KubeClient,
  options: { namespace: string; pod: string; signal?: AbortSignal | undefined },
): Promise<PortForwardTunnel> {
  const { namespace, pod, signal } = options;
  const path = `/api/v1/namespaces/${encodeURIComponent(namespace)}/pods/${encodeURIComponent(pod)}/portforward`;
  const socket = await client.connect(path, [TUNNEL_PROTOCOL], { signal });
  const session = new SpdySession(createWebSocketStream(socket), null);
  watchLiveness(socket);
  let connections = 0;
  return {
    dial(port) {
      const connection = { port: String(port), requestid: String(connections++) };
      const error = session.open(new Map(Object.entries({ streamtype: "error", ...connection })));
      const data = session.open(new Map(Object.entries({ streamtype: "data", ...connection })));
      error.end();
      return new ForwardedConnection(data, error, port);
    },
    closed: session.done,
    close: () => session.close(),
  };
}

/** What lies between may forget the connection without a word, as after a night's sleep. */
function watchLiveness(socket: WebSocket): void {
  let answered = true;
  const timer = setInterval(() => {
    if (!answered) {
      socket.terminate();
      return;
    }
    answered = false;
    socket.ping();
  }, PING_MS).unref();
  socket.on("pong", () => {
    answered = true;
  });
  socket.once("close", () => clearInterval(timer));
}
