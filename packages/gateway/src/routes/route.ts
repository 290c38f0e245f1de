import type { Circuit } from "../engine/upstream/circuit.ts";
import type { PortList } from "./port-list.ts";
import type { SandboxLimits } from "./sandbox-limits.ts";
import type { NormalSandbox, SandboxState } from "@sandgate/contract";

/**
 * Where a sandbox's port is reached: an address, or a pod that only the API server gets to; and whether it speaks HTTP/2 by prior
 * knowledge, or HTTP/1.1.
 */
export type DialTarget =
  | {
      kind: "tcp";
      host: string;
      port: number;
      h2c: boolean;
      /** Of that host, whatever the port. */
      circuit: Circuit;
    }
  | { kind: "tunnel"; namespace: string; pod: string; podUid: string; port: number; h2c: boolean };

export interface SandboxUse {
  /** Requests under way, tunnels among them, in this thread. */
  requests: number;
}

/** What the gateway knows about one sandbox. */
export interface Route {
  user: string;
  /** Who reaches it beside admins: the user, null where its namespace may not claim that user's addresses. */
  owner: string | null;
  /** A member of a warm pool that no claim has taken yet. It is nobody's: whoever got at it first could poison it. */
  unclaimed: boolean;
  name: string;
  namespace: string;
  sandboxUid: string;
  /** UID of the pod that is dialled, null while there is none. */
  podUid: string | null;
  /** Name of that pod. */
  podName: string | null;
  /** IPs of that pod that may be dialled. */
  podIps: readonly string[];
  state: SandboxState | "Conflict";
  reason: string;
  message: string;
  createdAtMs: number;
  /** Port of the annotation, null where there is none or it is no port. */
  annotatedPort: number | null;
  /** Ports whose programs want the prefix of their address in every path. */
  keptPrefix: PortList;
  /** Ports whose programs speak HTTP/2 without TLS, and not HTTP/1.1. */
  h2cPorts: PortList;
  /** Limits that its annotations ask for, within the gateway's bounds; null where the gateway's own count. */
  limits: SandboxLimits | null;
  /** What its annotations say in vain. */
  problems: readonly string[];
  /** TCP ports that the pod declares. */
  declaredPorts: readonly number[];
  service: string | null;
  serviceFqdn: string | null;
  desired: NormalSandbox["desired"];
  /** Where its pod was dialled, one for each port: kept connections are found by them. */
  dialled: DialTarget[] | null;
  /** How much it is used: one object for as long as the sandbox is there, null before its first request. */
  use: SandboxUse | null;
}
