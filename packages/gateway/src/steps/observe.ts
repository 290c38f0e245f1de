import type { Logger } from "@sandgate/contract";
import type { Metrics } from "../metrics.ts";

/** One finished request. */
export interface Observation {
  requestId: string;
  method: string;
  /** Without the query, which may hold secrets. */
  path: string;
  status: number;
  /** Code of the error that the gateway answered itself. */
  error: string | null;
  caller: string | null;
  sandbox: string | null;
  durationMs: number;
}

export type Observe = (observation: Observation) => void;

/** The last step: counts the request and writes its log line. */
export function createObserver(logger: Logger, metrics: Metrics): Observe {
  return (observation) => {
    metrics.count(observation.status, observation.error, observation.durationMs);
    logger.debug("request", { ...observation, durationMs: Math.round(observation.durationMs * 10) / 10 });
  };
}
