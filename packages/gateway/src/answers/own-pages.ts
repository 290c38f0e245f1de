import { printHost, printPrefix } from "@sandgate/contract";
import type { SandboxWatchHealth } from "@sandgate/kube";
import { LOCAL_BASE_DOMAIN } from "../steps/address.ts";
import type { Caller } from "../steps/caller.ts";
import { portOf } from "../routes/port-of.ts";
import type { Route } from "../routes/route.ts";
import type { RouteTable } from "../routes/route-table.ts";

/** Body of `GET /health`. The first three members are promised as they are. */
export interface Health {
  status: "ok" | "degraded";
  sandboxes: number;
  timestamp: string;
  /** When the newest news came from the API server; null before the first. */
  syncedAt: string | null;
  reason: string | null;
  /** What the cluster serves of agent-sandbox; `core` lacks claims, templates and warm pools. */
  agentSandbox: SandboxWatchHealth["agentSandbox"];
}

export function healthOf(routes: RouteTable, health: SandboxWatchHealth, nowMs: number): Health {
  return {
    status: health.synced && health.error === null ? "ok" : "degraded",
    sandboxes: routes.size,
    timestamp: new Date(nowMs).toISOString(),
    syncedAt: health.syncedAtMs === 0 ? null : new Date(health.syncedAtMs).toISOString(),
    reason: reasonOf(health),
    agentSandbox: health.agentSandbox,
  };
}

function reasonOf({ error, synced, agentSandbox }: SandboxWatchHealth): string | null {
  if (error === null) return synced ? null : "not synced yet";
  return agentSandbox === "missing"
    ? "the cluster does not serve agent-sandbox"
    : "the API server cannot be followed";
}

/** One entry of `GET /sandboxes`. The first four members are promised as they are. */
export interface SandboxListing {
  path: string;
  service: string | null;
  namespace: string;
  ready: boolean;
  state: Route["state"];
  reason: string;
  message: string;
  uid: string;
  /** Port meant by the address without one; null where it has to name one. */
  port: number | null;
  /** Host name in host form; null where user or name cannot be said in one. */
  host: string | null;
  /** What its annotations say in vain, each a sentence; empty where all is well. */
  problems: readonly string[];
}

/** Body of `GET /sandboxes`: those that the caller reaches, by address; a warm pool's members are nobody's yet. */
export function listSandboxes(
  routes: RouteTable,
  caller: Caller,
  sandboxPort: number,
  baseDomain: string | undefined,
): { count: number; sandboxes: SandboxListing[] } {
  const sandboxes = [...routes.list()]
    .filter((route) => !route.unclaimed && (caller.admin || route.user === caller.user))
    .map((route) => listing(route, sandboxPort, baseDomain ?? LOCAL_BASE_DOMAIN))
    .toSorted((a, b) => (a.path < b.path ? -1 : a.path > b.path ? 1 : 0));
  return { count: sandboxes.length, sandboxes };
}

function listing(route: Route, sandboxPort: number, baseDomain: string): SandboxListing {
  const address = { user: route.user, sandbox: route.name, port: undefined };
  return {
    path: printPrefix(address).slice(1),
    service: route.service,
    namespace: route.namespace,
    ready: route.state === "Ready",
    state: route.state,
    reason: route.reason,
    message: route.message,
    uid: route.sandboxUid,
    port: tryPort(route, sandboxPort),
    host: printHost(address, baseDomain),
    problems: route.problems,
  };
}

function tryPort(route: Route, sandboxPort: number): number | null {
  try {
    return portOf(route, undefined, sandboxPort);
  } catch {
    return null;
  }
}
