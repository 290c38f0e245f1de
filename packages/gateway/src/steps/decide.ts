import { SandgateError, type PathAddress } from "@sandgate/contract";
import { portOf } from "../routes/port-of.ts";
import type { DialTarget, Route } from "../routes/route.ts";
import type { RouteTable } from "../routes/route-table.ts";
import type { Caller } from "./caller.ts";

/** Allowed, and where to. The target comes from the very route that was decided about. */
export interface Decision {
  route: Route;
  target: DialTarget;
}

const RETRY_AFTER_SECONDS = 1;

/**
 * Whether the caller may, and where the request goes. Permission comes first: a caller who may not learns nothing of what
 * exists.
 *
 * @throws SandgateError FORBIDDEN, NOT_SYNCED, SANDBOX_NOT_FOUND, ADDRESS_CONFLICT, SANDBOX_NOT_READY, PORT_AMBIGUOUS.
 */
export function decide(
  caller: Caller,
  address: PathAddress,
  routes: RouteTable,
  options: { synced: boolean; sandboxPort: number },
): Decision {
  if (!caller.admin && caller.user !== address.user) {
    throw new SandgateError("FORBIDDEN", `${caller.id} does not reach the sandboxes of ${address.user}.`);
  }
  const route = routes.find(address.user, address.sandbox);
  const name = `${address.user}/${address.sandbox}`;
  if (route === undefined) {
    if (!options.synced) {
      throw new SandgateError("NOT_SYNCED", "The sandboxes are not known yet.", {
        retryAfterSeconds: RETRY_AFTER_SECONDS,
      });
    }
    throw new SandgateError("SANDBOX_NOT_FOUND", `There is no sandbox ${name}.`);
  }
  if (route.state === "Conflict") throw new SandgateError("ADDRESS_CONFLICT", route.message);
  const [host] = route.podIps;
  if (route.state !== "Ready" || host === undefined) {
    const why =
      route.state === "Ready"
        ? "its pod has no address that may be dialled"
        : `${route.reason}: ${route.message}`;
    throw new SandgateError("SANDBOX_NOT_READY", `${name} is ${route.state} (${why}).`, {
      retryAfterSeconds: RETRY_AFTER_SECONDS,
    });
  }
  return { route, target: { kind: "tcp", host, port: portOf(route, address.port, options.sandboxPort) } };
}
