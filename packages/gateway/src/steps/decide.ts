import { canonicalIp, SandgateError, type HeaderAddress, type PathAddress } from "@sandgate/contract";
import { portOf } from "../routes/port-of.ts";
import type { Route } from "../routes/route.ts";
import type { RouteTable } from "../routes/route-table.ts";
import type { Caller } from "./caller.ts";

/** Allowed, and where to: a pod's address and port, of the very route that was decided about. */
export interface Decision {
  route: Route;
  host: string;
  port: number;
}

export interface DecideOptions {
  synced: boolean;
  /** Port meant where neither address nor Sandbox says. */
  sandboxPort: number;
}

const RETRY_AFTER_SECONDS = 1;

/** What a sandbox does not leave by itself. */
const ENDED: ReadonlySet<Route["state"]> = new Set(["Failed", "Succeeded", "Expired"]);

/**
 * Whether the caller may, and where the request goes. Permission comes first: a caller who may not learns nothing of what
 * exists.
 *
 * @throws SandgateError FORBIDDEN, NOT_SYNCED, SANDBOX_NOT_FOUND, ADDRESS_CONFLICT, SANDBOX_NOT_READY, SANDBOX_ENDED, PORT_AMBIGUOUS.
 */
export function decide(
  caller: Caller,
  address: PathAddress,
  routes: RouteTable,
  options: DecideOptions,
): Decision {
  if (!caller.admin && caller.user !== address.user) {
    throw new SandgateError("FORBIDDEN", `${caller.id} does not reach the sandboxes of ${address.user}.`);
  }
  const name = `${address.user}/${address.sandbox}`;
  const route = routes.find(address.user, address.sandbox);
  if (route === undefined || route.unclaimed) throw missing(name, options);
  if (route.state === "Conflict") throw new SandgateError("ADDRESS_CONFLICT", route.message);
  const [host] = route.podIps;
  if (route.state !== "Ready" || host === undefined) throw notReady(route, name);
  return { route, host, port: portOf(route, address.port, options.sandboxPort) };
}

/**
 * The same for the header form. ID and namespace say which Sandbox object is meant. Its UID, where one is sent, must be that
 * object's. The pod IP counts only if it is that very pod's, and chooses among its addresses: what a client remembers may
 * belong to somebody else's pod by now.
 *
 * @throws SandgateError FORBIDDEN, NOT_SYNCED, SANDBOX_NOT_FOUND, SANDBOX_REPLACED, SANDBOX_NOT_READY, SANDBOX_ENDED.
 */
export function decideNamed(
  caller: Caller,
  address: HeaderAddress,
  routes: RouteTable,
  options: DecideOptions,
): Decision {
  const name = `${address.namespace}/${address.sandbox}`;
  const route = routes.findNamed(address.namespace, address.sandbox);
  if (!caller.admin && !reaches(caller, route)) {
    if (!options.synced) throw missing(name, options);
    throw new SandgateError("FORBIDDEN", `${caller.id} reaches no sandbox ${name}.`);
  }
  if (route === undefined || route.unclaimed) throw missing(name, options);
  if (address.uid !== undefined && address.uid !== route.sandboxUid) {
    throw new SandgateError("SANDBOX_REPLACED", `${name} has another UID than ${address.uid}.`);
  }
  const named = route.podIps.find((ip) => address.podIp !== undefined && canonicalIp(ip) === address.podIp);
  const host = named ?? route.podIps[0];
  if (route.state !== "Ready" || host === undefined) throw notReady(route, name);
  return { route, host, port: address.port ?? options.sandboxPort };
}

/** Whether the sandbox is the caller's own. */
function reaches(caller: Caller, route: Route | undefined): boolean {
  return route !== undefined && !route.unclaimed && route.owner === caller.user;
}

function missing(name: string, { synced }: DecideOptions): SandgateError {
  return synced
    ? new SandgateError("SANDBOX_NOT_FOUND", `There is no sandbox ${name}.`)
    : new SandgateError("NOT_SYNCED", "The sandboxes are not known yet.", {
        retryAfterSeconds: RETRY_AFTER_SECONDS,
      });
}

function notReady(route: Route, name: string): SandgateError {
  const why =
    route.state === "Ready"
      ? "its pod has no address that may be dialled"
      : `${route.reason}: ${route.message}`;
  const told = `${name} is ${route.state} (${why}).`;
  return ENDED.has(route.state)
    ? new SandgateError("SANDBOX_ENDED", `${told} Waiting does not help: delete it and make it anew.`)
    : new SandgateError("SANDBOX_NOT_READY", told, { retryAfterSeconds: RETRY_AFTER_SECONDS });
}
