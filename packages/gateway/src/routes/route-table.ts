import {
  DEFAULT_USER,
  LABEL_WARM_POOL_SANDBOX,
  silentLogger,
  type Logger,
  type NormalSandbox,
} from "@sandgate/contract";
import type { PodView, SandboxEntry } from "@sandgate/kube";
import { createAnnotationReader, type Annotated } from "./annotations.ts";
import { isDialable } from "./dialable.ts";
import { h2cPortsOf } from "./h2c-ports.ts";
import { isAddress } from "./is-address.ts";
import type { Route } from "./route.ts";
import type { LimitBounds } from "./sandbox-limits.ts";
import { mayClaim } from "./user-namespaces.ts";

export interface RouteTable {
  /** The sandbox at an address: `user/name`. */
  find(user: string, name: string): Route | undefined;
  /** The Sandbox object of that name, as it is whether or not it has an address. */
  findNamed(namespace: string, name: string): Route | undefined;
  /**
   * The ready sandbox whose pod has that address, in canonical form. None where two claim it, as while one of their pods is
   * not yet known to be gone. It looks at every route: no index is kept of what hardly anybody asks.
   */
  findByPodIp(ip: string): Route | undefined;
  /** Calls back whenever that object changes. Returns what ends it. */
  follow(namespace: string, name: string, onChange: () => void): () => void;
  /** Every sandbox known, those without an address (`Conflict`) among them; in no order. */
  list(): Iterable<Route>;
  readonly size: number;
  /**
   * A sandbox as it is now, undefined when it is gone.
   *
   * @param refusal - Why another table, of which this is a copy, has refused it its address.
   */
  put(uid: string, entry: SandboxEntry | undefined, refusal?: string): void;
  /** Why that sandbox was refused its address; undefined where it has it. */
  refusalOf(uid: string): string | undefined;
}

export interface RouteTableOptions {
  userLabel: string;
  userNamespaces: string | undefined;
  /** Bounds of the limits that Sandboxes ask for by annotations. Absent: none of them count. */
  limits?: LimitBounds;
  logger?: Logger;
}

interface Holder {
  route: Route;
  /** What the route is without regard to its address. */
  actual: Route;
  /** Refused once; it stays so, because an address must not pass to somebody else's sandbox unseen. */
  refused: boolean;
}

/**
 * Routes by sandbox UID and by address. The older of two sandboxes that claim one address has it. The younger is refused,
 * and goes on being refused when the older is gone: whoever used the address meant the other one. It is made anew to get it.
 */
export function createRouteTable(options: RouteTableOptions): RouteTable {
  const logger = options.logger ?? silentLogger;
  const annotatedBy = createAnnotationReader(options.limits);
  const holders = new Map<string, Holder>();
  /** Who claims an address; mostly one, which needs no set. Every request looks here, and nowhere else. */
  const claims = new Map<string, Holder | Set<Holder>>();
  /** UIDs by namespace and name of the object. */
  const named = new Map<string, string>();
  const followers = new Map<string, Set<() => void>>();

  function tell(route: Route): void {
    for (const follower of followers.get(objectKey(route.namespace, route.name)) ?? []) follower();
  }

  function remove(uid: string): void {
    const holder = holders.get(uid);
    if (holder === undefined) return;
    holders.delete(uid);
    const object = objectKey(holder.route.namespace, holder.route.name);
    if (named.get(object) === uid) named.delete(object);
    const key = keyOf(holder.route);
    const claimed = claims.get(key);
    if (claimed === holder) claims.delete(key);
    else if (claimed instanceof Set && claimed.delete(holder) && claimed.size === 0) claims.delete(key);
  }

  function claimants(key: string): readonly Holder[] {
    const claimed = claims.get(key);
    if (claimed === undefined) return NONE;
    return claimed instanceof Set ? [...claimed] : [claimed];
  }

  function settle(key: string): void {
    const contenders = claimants(key)
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
      const claimed = claims.get(`${user}/${name}`);
      if (!(claimed instanceof Set)) return claimed?.route;
      let refused: Route | undefined;
      for (const holder of claimed) {
        if (!holder.refused) return holder.route;
        refused = holder.route;
      }
      return refused;
    },
    findNamed(namespace, name) {
      return holders.get(named.get(`${namespace}/${name}`) ?? "")?.actual;
    },
    findByPodIp(ip) {
      let found: Route | undefined;
      for (const { actual } of holders.values()) {
        if (actual.state !== "Ready" || !actual.podIps.some((one) => isAddress(one, ip))) continue;
        if (found !== undefined) return undefined;
        found = actual;
      }
      return found;
    },
    follow(namespace, name, onChange) {
      const key = objectKey(namespace, name);
      const before = followers.get(key);
      const here = before ?? new Set();
      if (before === undefined) followers.set(key, here);
      here.add(onChange);
      return () => {
        here.delete(onChange);
        if (here.size === 0 && followers.get(key) === here) followers.delete(key);
      };
    },
    *list() {
      for (const { route } of holders.values()) yield route;
    },
    get size() {
      return holders.size;
    },
    refusalOf(uid) {
      const holder = holders.get(uid);
      return holder?.refused === true ? holder.route.message : undefined;
    },
    put(uid, entry, refusal) {
      const before = holders.get(uid);
      if (entry === undefined) {
        remove(uid);
        if (before !== undefined) tell(before.actual);
        return;
      }
      const actual = routeOf(entry, options.userLabel, annotatedBy(entry.sandbox.annotations));
      const mine = mayClaim(options.userNamespaces, actual.user, actual.namespace);
      if (!mine) actual.owner = null;
      if (before?.actual.podUid === actual.podUid) actual.dialled = before.actual.dialled;
      if (before !== undefined) actual.use = before.actual.use;
      const key = keyOf(actual);
      if (before !== undefined && keyOf(before.route) === key) {
        const { state, reason, message } = before.route;
        before.route = before.refused ? { ...actual, state, reason, message } : actual;
        before.actual = actual;
        if (refusal !== undefined && !before.refused) refuse(before, refusal);
        tell(actual);
        return;
      }
      remove(uid);
      const holder: Holder = { route: actual, actual, refused: false };
      holders.set(uid, holder);
      named.set(objectKey(actual.namespace, actual.name), uid);
      const claimed = claims.get(key);
      if (claimed === undefined) claims.set(key, holder);
      else if (claimed instanceof Set) claimed.add(holder);
      else claims.set(key, new Set([claimed, holder]));
      if (refusal !== undefined) refuse(holder, refusal);
      else if (mine) settle(key);
      else
        refuse(holder, `Namespace ${actual.namespace} may not claim addresses of the user ${actual.user}.`);
      tell(actual);
    },
  };
}

function keyOf(route: Pick<Route, "user" | "name">): string {
  return joined(route.user, route.name);
}

function objectKey(namespace: string, name: string): string {
  return joined(namespace, name);
}

/** Joined, not concatenated: that makes one string of it at once, where there are a hundred thousand. */
function joined(...parts: readonly string[]): string {
  return parts.join("/");
}

/** The ports that a list declares; the lists of many sandboxes are one. */
const declared = new WeakMap<object, readonly number[]>();
const NONE: readonly never[] = [];

function portsOf({ ports }: NormalSandbox): readonly number[] {
  if (ports.length === 0) return NONE;
  const known = declared.get(ports);
  if (known !== undefined) return known;
  const numbers = [...new Set(ports.map((port) => port.containerPort))];
  declared.set(ports, numbers);
  return numbers;
}

function dialable({ podIps, hostIps }: PodView): readonly string[] {
  return podIps.every((ip) => isDialable(ip, hostIps))
    ? podIps
    : podIps.filter((ip) => isDialable(ip, hostIps));
}

function routeOf({ sandbox, pod, state }: SandboxEntry, userLabel: string, annotated: Annotated): Route {
  const label = sandbox.labels[userLabel];
  // Only the pod that this very Sandbox controls is dialled, never one found by name or label.
  const own = pod !== undefined && pod.sandboxUid === sandbox.uid && !pod.hostNetwork ? pod : undefined;
  const user = label === undefined || label === "" ? DEFAULT_USER : label;
  return {
    user,
    owner: user,
    unclaimed: sandbox.labels[LABEL_WARM_POOL_SANDBOX] !== undefined,
    name: sandbox.name,
    namespace: sandbox.namespace,
    sandboxUid: sandbox.uid,
    podUid: own?.uid ?? null,
    podName: own?.name ?? null,
    podIps: own === undefined ? NONE : dialable(own),
    state: state.state,
    reason: state.reason,
    message: state.message,
    createdAtMs: sandbox.createdAtMs,
    annotatedPort: annotated.port,
    keptPrefix: annotated.keptPrefix,
    h2cPorts: h2cPortsOf(sandbox.ports, annotated.h2cPorts),
    limits: annotated.limits,
    problems: annotated.problems,
    declaredPorts: portsOf(sandbox),
    service: sandbox.service,
    serviceFqdn: sandbox.serviceFqdn,
    desired: sandbox.desired,
    dialled: null,
    use: null,
  };
}
