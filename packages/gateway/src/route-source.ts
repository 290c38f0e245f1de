import type { SandboxWatchHealth } from "@sandgate/kube";
import type { RouteTable } from "./routes/route-table.ts";

/** Where routes come from. */
export interface RouteSource {
  readonly routes: RouteTable;
  readonly health: SandboxWatchHealth;
}
