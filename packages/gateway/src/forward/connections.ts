import { Agent, type RequestOptions } from "node:http";
import { isIP } from "node:net";
import { dialableLookup } from "../dial/dialable-lookup.ts";
import type { DialTarget } from "../routes/route.ts";
import { TunnelAgent, type OpenTunnel } from "./tunnel-agent.ts";

/** Connections to sandboxes, kept for the next request. */
export interface Connections {
  /**
   * What makes a request go to a target.
   *
   * @param own - On a connection of its own, which ends with it.
   */
  to(target: DialTarget, own: boolean): RequestOptions;
  close(): void;
}

/** Idle connections kept for one sandbox. */
const MAX_IDLE = 32;
/** @param openTunnel - For targets that are reached through the API server only. */
export function createConnections(openTunnel: OpenTunnel | undefined): Connections {
  const direct = new Agent({ keepAlive: true, maxFreeSockets: MAX_IDLE, scheduling: "lifo" });
  // What the API server said names users and rights of ours; it is for the log, not for the caller.
  const open: OpenTunnel = async (target) => {
    if (openTunnel === undefined) throw new Error("this gateway opens no tunnels to pods");
    return openTunnel(target).catch((cause: unknown) => {
      throw new Error("no tunnel to its pod can be opened", { cause });
    });
  };
  // Nothing is kept but the tunnel itself: what is sent on a connection that the sandbox has just closed makes the node's end
  // of the tunnel sick.
  const tunnels = new TunnelAgent(open, { keepAlive: false });
  return {
    to(target, own) {
      if (target.kind === "tcp") {
        const { host, port } = target;
        const named = isIP(host) === 0 ? { lookup: dialableLookup } : {};
        return { host, port, ...named, agent: own ? false : direct };
      }
      const options = { host: target.podUid, port: target.port, tunnel: target };
      return { ...options, agent: tunnels };
    },
    close() {
      for (const agent of [direct, tunnels]) agent.destroy();
    },
  };
}
