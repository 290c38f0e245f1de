import { SandgateError, type HeaderAddress, type PathAddress } from "@sandgate/contract";
import { isAddress } from "../routes/is-address.ts";
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
  const route = routes.find(address.user, address.sandbox);
  if (route === undefined || route.unclaimed) throw missing(nameOf(address), options);
  if (route.state === "Conflict") throw new SandgateError("ADDRESS_CONFLICT", route.message);
  const host = route.podIps[0];
  if (route.state !== "Ready" || host === undefined) throw notReady(route, nameOf(address));
  return { route, host, port: portOf(route, address.port, options.sandboxPort) };
}

function nameOf({ user, sandbox }: PathAddress): string {
  return `${user}/${sandbox}`;
}

/**
 * The same for the header form. ID and namespace say which Sandbox object is meant. Its UID, where one is sent, must be that
 * object's. A pod IP says it too, but only where it is that of a ready sandbox that the caller reaches: then it chooses among
 * the pod's addresses, leads to the sandbox where the ID leads nowhere, and is refused where both lead to different ones,
 * since a pod's IP is given out again. Any other is passed over, so nothing else is ever dialled.
 *
 * @throws SandgateError FORBIDDEN, NOT_SYNCED, SANDBOX_NOT_FOUND, SANDBOX_REPLACED, SANDBOX_NOT_READY.
 */
export function decideNamed(
  caller: Caller,
  address: HeaderAddress,
  routes: RouteTable,
  options: DecideOptions,
): Decision {
  const name = `${address.namespace}/${address.sandbox}`;
  const named = namedRoute(caller, address, routes);
  const there = routeAtPodIp(caller, address, routes);
  const route = named ?? there;
  if (route === undefined) {
    if (caller.admin || !options.synced) throw missing(name, options);
    throw new SandgateError("FORBIDDEN", `${caller.id} reaches no sandbox ${name}.`);
  }
  if (there !== undefined && there.sandboxUid !== route.sandboxUid) {
    const other = `${there.namespace}/${there.name}`;
    throw new SandgateError(
      "SANDBOX_REPLACED",
      `${address.podIp} is the address of ${other}, not of ${name}.`,
    );
  }
  if (address.uid !== undefined && address.uid !== route.sandboxUid) {
    const found = `${route.namespace}/${route.name}`;
    throw new SandgateError("SANDBOX_REPLACED", `${found} has another UID than ${address.uid}.`);
  }
  const host = route.podIps.find((ip) => isAddress(ip, address.podIp)) ?? route.podIps[0];
  if (route.state !== "Ready" || host === undefined) throw notReady(route, name);
  return { route, host, port: address.port ?? options.sandboxPort };
}

/** The sandbox that ID and namespace name, as far as the caller may know of it. */
export function namedRoute(caller: Caller, address: HeaderAddress, routes: RouteTable): Route | undefined {
  return visible(caller, routes.findNamed(address.namespace, address.sandbox));
}

/** The sandbox whose pod has the address that was sent, as far as the caller may know of it. */
export function routeAtPodIp(caller: Caller, address: HeaderAddress, routes: RouteTable): Route | undefined {
  const { podIp } = address;
  if (podIp === undefined) return undefined;
  const named = namedRoute(caller, address, routes);
  // What clients usually send; it spares the look at every route.
  if (named?.podIps.some((ip) => isAddress(ip, podIp)) === true) return named;
  return visible(caller, routes.findByPodIp(podIp));
}

/** A route that is somebody's, and the caller's or an admin asks. */
function visible(caller: Caller, route: Route | undefined): Route | undefined {
  if (route === undefined || route.unclaimed) return undefined;
  return caller.admin || route.owner === caller.user ? route : undefined;
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
