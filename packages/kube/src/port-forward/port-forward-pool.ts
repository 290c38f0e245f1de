import type { Duplex } from "node:stream";
import type { KubeClient } from "../client/kube-client.ts";
import { openPortForward, type PortForwardTunnel } from "./port-forward-tunnel.ts";

/** A pod, by what names it and what it is. */
export interface ForwardedPod {
  namespace: string;
  name: string;
  uid: string;
}

export interface PortForwardPool {
  /**
   * A connection to a port of the pod, over the pod's one tunnel.
   *
   * @throws KubeError where the server refuses the tunnel, KubeUnreachableError where it does not answer.
   */
  dial(pod: ForwardedPod, port: number): Promise<Duplex>;
  /** Ends every tunnel. */
  close(): void;
}

interface Held {
  tunnel: Promise<PortForwardTunnel>;
  connections: number;
  idle: NodeJS.Timeout | null;
}

/** A tunnel without a connection is ended after this. */
const IDLE_MS = 300_000;

/** Tunnels to pods, one each, opened when first needed and again after they broke. */
export function createPortForwardPool(client: KubeClient): PortForwardPool {
  const held = new Map<string, Held>();
  const closing = new AbortController();

  function hold({ uid, namespace, name }: ForwardedPod): Held {
    const before = held.get(uid);
    if (before !== undefined) return before;
    const tunnel = openPortForward(client, { namespace, pod: name, signal: closing.signal });
    const one: Held = { tunnel, connections: 0, idle: null };
    const drop = (): void => {
      if (held.get(uid) === one) held.delete(uid);
      if (one.idle !== null) clearTimeout(one.idle);
    };
    tunnel.then((open) => open.closed.then(drop), drop);
    held.set(uid, one);
    return one;
  }

  return {
    async dial(pod, port) {
      const one = hold(pod);
      one.connections++;
      if (one.idle !== null) clearTimeout(one.idle);
      const release = (): void => {
        if (--one.connections > 0) return;
        const end = (): void =>
          void one.tunnel.then(
            (tunnel) => tunnel.close(),
            () => {},
          );
        one.idle = setTimeout(end, IDLE_MS).unref();
      };
      try {
        const connection = (await one.tunnel).dial(port);
        connection.once("close", release);
        return connection;
      } catch (error) {
        release();
        throw error;
      }
    },
    close() {
      closing.abort();
      for (const { tunnel, idle } of held.values()) {
        if (idle !== null) clearTimeout(idle);
        tunnel.then(
          (open) => open.close(),
          () => {},
        );
      }
    },
  };
}
