import { isSandgateError } from "@sandgate/contract";
import { portOf } from "@sandgate/gateway";
import type { GatewaySettings, SandboxFact } from "./facts.ts";

/** The port that the gateway takes an address without one for; null where it is ambiguous. */
export function meantPort({ route }: SandboxFact, { sandboxPort }: GatewaySettings): number | null {
  try {
    return portOf(route, undefined, sandboxPort);
  } catch (error) {
    if (isSandgateError(error)) return null;
    throw error;
  }
}
