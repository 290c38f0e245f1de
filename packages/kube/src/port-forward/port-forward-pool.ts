import type { Duplex } from "node:stream";
import { KubeUnreachableError } from "../client/errors.ts";
import type { KubeClient } from "../client/kube-client.ts";
import type { ForwardedConnection } from "./forwarded-connection.ts";
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
  /** Takes no more connections and ends with its last. */
  retired: boolean;
  idle: NodeJS.Timeout | null;
}

/** A tunnel without a connection is ended after this. */
const IDLE_MS = 300_000;
const TAKEN_MS = 3_000;

/**
 * Tunnels to pods, one each, opened when first needed and again after they broke.
 *
 * A tunnel can sicken: Go's end has five workers that share its streams, and one of them stands still for ever when data comes
 * for a connection that its sandbox has closed or refused. Connections that fall to it are not taken. Then the tunnel is
 * retired: what it carries goes on, what is new gets another one. Nothing was sent on the connection that was not taken.
 */
export function createPortForwardPool(client: KubeClient): PortForwardPool {
  const current = new Map<string, Held>();
  const all = new Set<Held>();
  const closing = new AbortController();

  function hold({ uid, namespace, name }: ForwardedPod): Held {
    const before = current.get(uid);
    if (before !== undefined) return before;
    const tunnel = openPortForward(client, { namespace, pod: name, signal: closing.signal });
    const held: Held = { tunnel, connections: 0, retired: false, idle: null };
    const drop = (): void => {
      retire(uid, held);
      all.delete(held);
      if (held.idle !== null) clearTimeout(held.idle);
    };
    tunnel.then((open) => open.closed.then(drop), drop);
    current.set(uid, held);
    all.add(held);
    return held;
  }

  function retire(uid: string, held: Held): void {
    held.retired = true;
    if (current.get(uid) === held) current.delete(uid);
  }

  function release(held: Held): void {
    if (--held.connections > 0) return;
    if (held.retired) end(held);
    else held.idle = setTimeout(() => end(held), IDLE_MS).unref();
  }

  /** @returns null where the tunnel is sick. */
  async function connect(held: Held, port: number): Promise<ForwardedConnection | null> {
    held.connections++;
    if (held.idle !== null) clearTimeout(held.idle);
    try {
      const connection = (await held.tunnel).dial(port);
      connection.once("close", () => release(held));
      return (await isTaken(connection)) ? connection : null;
    } catch (error) {
      release(held);
      throw error;
    }
  }

  return {
    async dial(pod, port) {
      for (let attempt = 0; attempt < 2; attempt++) {
        const held = hold(pod);
        const connection = await connect(held, port);
        if (connection !== null) return connection;
        retire(pod.uid, held);
      }
      throw new KubeUnreachableError(`The node takes no connection to pod ${pod.namespace}/${pod.name}.`);
    },
    close() {
      closing.abort();
      for (const held of all) end(held);
    },
  };
}

async function isTaken(connection: ForwardedConnection): Promise<boolean> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<false>((resolve) => {
    timer = setTimeout(() => resolve(false), TAKEN_MS);
  });
  const taken = connection.taken().then(
    () => true,
    () => false,
  );
  const result = await Promise.race([taken, late]);
  clearTimeout(timer);
  if (!result) connection.destroy();
  return result;
}

function end({ tunnel, idle }: Held): void {
  if (idle !== null) clearTimeout(idle);
  tunnel.then(
    (open) => open.close(),
    () => {},
  );
}
