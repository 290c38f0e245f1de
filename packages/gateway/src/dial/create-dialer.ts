import { SandgateError, type Logger } from "@sandgate/contract";
import type { DialTarget, Route } from "../routes/route.ts";
import { DIAL_MODE_TEXT, type DialMode } from "./dial-mode.ts";
import { probePod } from "./probe-pod.ts";

export interface Dialer {
  /**
   * Where bytes for a decided target go.
   *
   * @throws SandgateError UNREACHABLE where the mode has no way to this sandbox.
   */
  target(route: Route, decided: { host: string; port: number }): Promise<DialTarget>;
  /** The mode, found out by this route where it is not known yet. */
  settle(route: Route, port: number): Promise<DialMode>;
  /** Null while it is not known. */
  readonly mode: DialMode | null;
}

export interface DialerOptions {
  configured: DialMode | "auto";
  /** Whether a tunnel to a pod can be had. */
  canTunnel: boolean;
  logger: Logger;
  /** Whether an address is reached; absent: it is tried. */
  probe?: (host: string, port: number) => Promise<boolean>;
}

/**
 * Decides how pods are reached. `auto` finds it out once, by the first sandbox that is ready: by their IPs where one answers,
 * else by tunnels. It is not asked again: a single pod that is cut off must not move all others to the slower way.
 */
export function createDialer(options: DialerOptions): Dialer {
  const { configured, canTunnel, logger, probe = probePod } = options;
  let mode: DialMode | null = configured === "auto" ? (canTunnel ? null : "pod-ip") : configured;
  let settling: Promise<DialMode> | null = null;

  async function find(host: string, port: number): Promise<DialMode> {
    mode = (await probe(host, port)) ? "pod-ip" : "port-forward";
    logger.info(`sandboxes are reached ${DIAL_MODE_TEXT[mode]}`, { dial: mode });
    return mode;
  }

  async function settle(route: Route, port: number): Promise<DialMode> {
    const [host] = route.podIps;
    if (mode !== null) return mode;
    if (host === undefined) return "pod-ip";
    return (settling ??= find(host, port));
  }

  return {
    settle,
    get mode() {
      return mode;
    },
    async target(route, { host, port }) {
      const way = mode ?? (await settle(route, port));
      if (way === "pod-ip") return { kind: "tcp", host, port };
      return way === "service" ? byService(route, port) : byTunnel(route, port);
    },
  };
}

function byService({ serviceFqdn, user, name }: Route, port: number): DialTarget {
  if (serviceFqdn !== null) return { kind: "tcp", host: serviceFqdn, port };
  throw new SandgateError(
    "UNREACHABLE",
    `${user}/${name} has no Service to be reached by; spec.service: true makes one.`,
  );
}

function byTunnel({ namespace, podName, podUid, user, name }: Route, port: number): DialTarget {
  if (podName === null || podUid === null)
    throw new SandgateError("UNREACHABLE", `${user}/${name} has no pod.`);
  return { kind: "tunnel", namespace, pod: podName, podUid, port };
}
