import type { GatewayConfig, Logger } from "@sandgate/contract";
import { createRouteTable, type RouteTable } from "./route-table.ts";
import { limitBoundsOf } from "./sandbox-limits.ts";

/** An empty route table as the configuration wants it. */
export function createConfiguredRoutes(config: GatewayConfig, logger?: Logger): RouteTable {
  return createRouteTable({
    userLabel: config.userLabel,
    userNamespaces: config.userNamespaces,
    limits: limitBoundsOf(config),
    ...(logger === undefined ? {} : { logger }),
  });
}
