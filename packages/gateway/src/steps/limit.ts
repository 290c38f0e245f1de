import { SandgateError } from "@sandgate/contract";
import type { Route } from "../routes/route.ts";
import type { SharedCounters } from "../workers/shared-counters.ts";

/** How many requests each sandbox has under way; tunnels count until they end. */
export interface SandboxLimit {
  /**
   * @param most - How many of that sandbox's may be under way.
   * @throws SandgateError SANDBOX_BUSY.
   */
  enter(route: Route, most: number): void;
  /** Exactly once for each that entered. */
  leave(sandboxUid: string): void;
}

const RETRY_AFTER_SECONDS = 1;

/**
 * One sandbox's callers must not take the connections that the others need.
 *
 * @param shared - Of all threads, where several serve.
 */
export function createSandboxLimit(shared?: SharedCounters): SandboxLimit {
  return shared === undefined ? countHere() : countTogether(shared);
}

function countHere(): SandboxLimit {
  const underWay = new Map<string, number>();
  return {
    enter(route, most) {
      const count = underWay.get(route.sandboxUid) ?? 0;
      if (count >= most) throw busy(route, count);
      underWay.set(route.sandboxUid, count + 1);
    },
    leave(sandboxUid) {
      const count = underWay.get(sandboxUid) ?? 0;
      if (count > 1) underWay.set(sandboxUid, count - 1);
      else underWay.delete(sandboxUid);
    },
  };
}

function countTogether(shared: SharedCounters): SandboxLimit {
  return {
    enter(route, most) {
      if (!shared.enter(route.sandboxUid, most)) throw busy(route, most);
    },
    leave: (sandboxUid) => shared.leave(sandboxUid),
  };
}

function busy({ user, name }: Route, count: number): SandgateError {
  return new SandgateError(
    "SANDBOX_BUSY",
    `${user}/${name} has ${count} requests under way, and no more are let in.`,
    { retryAfterSeconds: RETRY_AFTER_SECONDS },
  );
}
