import { SandgateError } from "@sandgate/contract";
import type { Route } from "../routes/route.ts";

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

/** One sandbox's callers must not take the connections that the others need. */
export function createSandboxLimit(): SandboxLimit {
  const underWay = new Map<string, number>();
  return {
    enter({ sandboxUid, user, name }, most) {
      const count = underWay.get(sandboxUid) ?? 0;
      if (count >= most) {
        throw new SandgateError(
          "SANDBOX_BUSY",
          `${user}/${name} has ${count} requests under way, and no more are let in.`,
          {
            retryAfterSeconds: RETRY_AFTER_SECONDS,
          },
        );
      }
      underWay.set(sandboxUid, count + 1);
    },
    leave(sandboxUid) {
      const count = underWay.get(sandboxUid) ?? 0;
      if (count > 1) underWay.set(sandboxUid, count - 1);
      else underWay.delete(sandboxUid);
    },
  };
}
