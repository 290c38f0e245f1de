/** Why a connection to a sandbox came to nothing. */
export type DialFailure = "refused" | "timeout" | "unreachable" | "reset" | "tunnel" | "other";

/** What an upgraded connection speaks, as far as the gateway cares. */
export type TunnelProtocol = "websocket" | "other";

/** What the engine counts as it goes: numbers in fields, read by whoever wants to see them. */
export class EngineCounters {
  readonly dialFailures: Record<DialFailure, number> = {
    refused: 0,
    timeout: 0,
    unreachable: 0,
    reset: 0,
    tunnel: 0,
    other: 0,
  };
  /** Requests that were sent once more. */
  repeats = 0;
  /** Connections that were tried once more. */
  redials = 0;
  /** Open now. */
  readonly tunnels: Record<TunnelProtocol, number> = { websocket: 0, other: 0 };

  /** @param overTunnel - Through the API server, where the error says nothing of the pod. */
  dialFailed(error: NodeJS.ErrnoException | null, overTunnel: boolean): void {
    this.dialFailures[overTunnel ? "tunnel" : (REASONS[error?.code ?? ""] ?? "other")]++;
  }
}

const REASONS: Readonly<Record<string, DialFailure>> = {
  ECONNREFUSED: "refused",
  ETIMEDOUT: "timeout",
  EHOSTUNREACH: "unreachable",
  ENETUNREACH: "unreachable",
  EADDRNOTAVAIL: "unreachable",
  ENOTFOUND: "unreachable",
  ECONNRESET: "reset",
};
