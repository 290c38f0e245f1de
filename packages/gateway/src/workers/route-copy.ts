import type { SandboxWatchHealth } from "@sandgate/kube";
import type { RouteSource } from "../route-source.ts";
import type { RouteTable } from "../routes/route-table.ts";
import type { FeedReader } from "./route-feed.ts";

/** Routes of a thread that serves, as the main thread tells them. */
export interface RouteCopy extends RouteSource, FeedReader {}

/** @param routes - Filled by what is told. */
export function createRouteCopy(routes: RouteTable): RouteCopy {
  let health: SandboxWatchHealth = { synced: false, syncedAtMs: 0, error: null, agentSandbox: "unknown" };
  return {
    routes,
    get health() {
      return health;
    },
    changed(changes) {
      for (const [uid, entry, refusal] of changes) routes.put(uid, entry ?? undefined, refusal);
    },
    healthIs(now) {
      health = now;
    },
  };
}
