import type { NormalSandbox, SandboxState } from "@sandgate/contract";

/** Where a sandbox's port is reached. A socket path serves where pods have no network of their own to be reached by. */
export type DialTarget = { kind: "tcp"; host: string; port: number } | { kind: "socket"; path: string };

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
  /** IPs of that pod that may be dialled. */
  podIps: readonly string[];
  state: SandboxState | "Conflict";
  reason: string;
  message: string;
  createdAtMs: number;
  /** Port of the annotation, null where there is none or it is no port. */
  annotatedPort: number | null;
  /** TCP ports that the pod declares. */
  declaredPorts: readonly number[];
  service: string | null;
  serviceFqdn: string | null;
  desired: NormalSandbox["desired"];
}
