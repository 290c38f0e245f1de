import type { GatewayConfig } from "@sandgate/contract";
import { StartError } from "../start-error.ts";
import type { DialMode } from "./dial-mode.ts";

/**
 * What `dial` comes to: `auto` is by tunnel where there are tunnels.
 *
 * @throws StartError where tunnels are asked for and there are none.
 */
export function dialModeOf(dial: GatewayConfig["dial"], tunnels: boolean): DialMode {
  if (dial === "port-forward" && !tunnels)
    throw new StartError("This gateway has no API server to reach pods through; choose another --dial.");
  if (dial !== "auto") return dial;
  return tunnels ? "port-forward" : "pod-ip";
}
