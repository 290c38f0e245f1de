import { ANNOTATION_PORT, DEFAULT_USER, silentLogger, type Logger } from "@sandgate/contract";
import type { SandboxEntry } from "@sandgate/kube";
import { isDialable } from "./dialable.ts";
import type { Route } from "./route.ts";
import { mayClaim } from "./user-namespaces.ts";

export interface RouteTable {
  /** The sandbox at an address: `user/name`. */
  find(user: string, name: string): Route | undefined;
  /** Every sandbox known, those without an address (`Conflict`) among them; in no order. */
  list(): Iterable<Route>;
  readonly size: number;
  /** A sandbox as it is now, undefined when it is gone. */
  put(uid: string, entry: SandboxEntry | undefined): void;
}

export interface RouteTableOptions {
  userLabel: string;
  userNamespaces: string | undefined;
  logger?: Logger;
}

interface Holder {
  route: Route;
  /** Refused once; it stays so, because an address must not pass to somebody else's sandbox unseen. */
  refused: boolean;
}

/**
 * Routes by sandbox UID and by address. The older of two sandboxes that claim one address has it. The younger is refused,
 * and goes on being refused when the older is gone: whoever used the address meant the other one. It is made anew to get it.
 */
export function createRouteTable(options: RouteTableOptions): RouteTable {
  const logger = options.logger ?? silentLogger;
  const holders = new Map<string, Holder>();
  /** UIDs by address. */
  const claims = new Map<string, Set<string>>();

  function remove(uid: string): void {
    const holder = holders.get(uid);
    if (holder === undefined) return;
    holders.delete(uid);
    const key = keyOf(holder.route);
    const uids = claims.get(key);
    uids?.delete(uid);
    if (uids?.size === 0) claims.delete(key);
  }

  function settle(key: string): void {
    const uids = claims.get(key);
    if (uids === undefined) return;
    const contenders = [...uids]
      .flatMap((uid) => holders.get(uid) ?? [])
      .filter((holder) => !holder.refused)
      .toSorted(
        (a, b) =>
          a.route.createdAtMs - b.route.createdAtMs || (a.route.sandboxUid < b.route.sandboxUid ? -1 : 1),
      );
    const [owner, ...others] = contenders;
    if (owner === undefined) return;
    for (const other of others) {
      refuse(
        other,
        `The address ${key} belongs to the older sandbox ${owner.route.namespace}/${owner.route.name}. ` +
          "Rename this one, or delete it and make it anew when the other is gone.",
      );
    }
  }

  function refuse(holder: Holder, message: string): void {
    holder.refused = true;
    holder.route = { ...holder.route, state: "Conflict", reason: "AddressConflict", message };
    logger.warn("a sandbox gets no address", {
      sandbox: `${holder.route.namespace}/${holder.route.name}`,
      reason: message,
    });
  }

  return {
    find(user, name) {
      let refused: Route | undefined;
      for (const uid of claims.get(`${user}/${name}`) ?? []) {
        const holder = holders.get(uid);
        if (holder === undefined) continue;
        if (!holder.refused) return holder.route;
        refused = holder.route;
      }
      return refused;
    },
    *list() {
      for (const { route } of holders.values()) yield route;
    },
    get size() {
      return holders.size;
    },
    put(uid, entry) {
      const before = holders.get(uid);
      if (entry === undefined) {
        remove(uid);
        return;
      }
      const route = routeOf(entry, options.userLabel);
      const key = keyOf(route);
      if (before !== undefined && keyOf(before.route) === key) {
        const { state, reason, message } = before.route;
        before.route = before.refused ? { ...route, state, reason, message } : route;
        return;
      }
      remove(uid);
      const holder = { route, refused: false };
      holders.set(uid, holder);
      const uids = claims.get(key);
      if (uids === undefined) claims.set(key, new Set([uid]));
      else uids.add(uid);
      if (mayClaim(options.userNamespaces, route.user, route.namespace)) settle(key);
      else refuse(holder, `Namespace ${route.namespace} may not claim addresses of the user ${route.user}.`);
    },
  };
}

function keyOf(route: Pick<Route, "user" | "name">): string {
  return `${route.user}/${route.name}`;
}

function routeOf({ sandbox, pod, state }: SandboxEntry, userLabel: string): Route {
  const label = sandbox.labels[userLabel];
  // Only the pod that this very Sandbox controls is dialled, never one found by name or label.
  const own = pod !== undefined && pod.sandboxUid === sandbox.uid && !pod.hostNetwork ? pod : undefined;
  const annotated = Number(sandbox.annotations[ANNOTATION_PORT]);
  return {
    user: label === undefined || label === "" ? DEFAULT_USER : label,
    name: sandbox.name,
    namespace: sandbox.namespace,
    sandboxUid: sandbox.uid,
    podUid: own?.uid ?? null,
    podIps: own?.podIps.filter((ip) => isDialable(ip, own.hostIps)) ?? [],
    state: state.state,
    reason: state.reason,
    message: state.message,
    createdAtMs: sandbox.createdAtMs,
    annotatedPort: Number.isInteger(annotated) && annotated > 0 && annotated <= 65_535 ? annotated : null,
    declaredPorts: [...new Set(sandbox.ports.map((port) => port.containerPort))],
    service: sandbox.service,
    serviceFqdn: sandbox.serviceFqdn,
    desired: sandbox.desired,
  };
}
