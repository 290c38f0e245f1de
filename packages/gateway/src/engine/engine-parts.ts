import type { EngineCounters } from "./engine-counters.ts";
import type { Circuits } from "./upstream/circuit.ts";
import type { ConnectionLimit } from "./client/connection-limit.ts";
import type { UpstreamPool } from "./upstream/upstream-pool.ts";
import type { HeadSpace } from "./head/request-head.ts";
import type { Exchange } from "./client/exchange.ts";
import type { OwnAnswer } from "./exchange-plan.ts";

/** Bounds in time and size. */
export interface EngineLimits {
  /** Bytes of a request's head. */
  headBytes: number;
  /** From the first byte of a head to its last. */
  headTimeoutMs: number;
  /** How long a connection without a request is kept. */
  keepAliveTimeoutMs: number;
  /** How long what was written before an end may take. */
  idleTimeoutMs: number;
}

/** Who decides about exchanges. */
export interface ExchangeHandler {
  /** A request's head is there. Ends in exactly one `answer` or `forward`, at once or later. */
  handle(exchange: Exchange): void;
  /** The answer to a failure. */
  render(exchange: Exchange, error: unknown): OwnAnswer;
  /** The exchange is over. */
  done(exchange: Exchange): void;
}

/** What all connections of one listener have in common. */
export interface EngineParts {
  readonly handler: ExchangeHandler;
  readonly headSpace: HeadSpace;
  readonly pool: UpstreamPool;
  /** Of all listeners together. */
  readonly connections: ConnectionLimit;
  readonly circuits: Circuits;
  /** Of all listeners together. */
  readonly counters: EngineCounters;
  readonly limits: EngineLimits;
  readonly state: { draining: boolean };
}
