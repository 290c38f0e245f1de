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
  /** Exactly once for each that entered, with the very route that it entered with. */
  leave(route: Route): void;
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
  return {
    enter(route, most) {
      const use = (route.use ??= { requests: 0 });
      if (use.requests >= most) throw busy(route, use.requests);
      use.requests++;
    },
    leave({ use }) {
      use!.requests--;
    },
  };
}

function countTogether(shared: SharedCounters): SandboxLimit {
  return {
    enter(route, most) {
      if (!shared.enter(route.sandboxUid, most)) throw busy(route, most);
    },
    leave: ({ sandboxUid }) => shared.leave(sandboxUid),
  };
}

function busy({ user, name }: Route, count: number): SandgateError {
  return new SandgateError(
    "SANDBOX_BUSY",
    `${user}/${name} has ${count} requests under way, and no more are let in.`,
    { retryAfterSeconds: RETRY_AFTER_SECONDS },
  );
}
