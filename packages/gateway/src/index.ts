export { checkSafety } from "./check-safety.ts";
export { startGateway, type Gateway, type GatewayOptions } from "./start-gateway.ts";
export { DIAL_MODE_TEXT, type DialMode } from "./dial/dial-mode.ts";
export type { OpenTunnel } from "./forward/tunnel-agent.ts";
export type { RouteSource } from "./route-source.ts";
export { createRouteTable, type RouteTable, type RouteTableOptions } from "./routes/route-table.ts";
export type { DialTarget, Route } from "./routes/route.ts";
export { parseApiKeys } from "./auth/api-keys.ts";
export { ROUTER_DIFFERENCES, type RouterDifference, type RouterDifferenceId } from "./router-differences.ts";
