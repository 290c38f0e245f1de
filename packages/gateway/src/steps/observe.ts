import type { LogFields, Logger } from "@sandgate/contract";
import { accessLine, tenths } from "./access-line.ts";
import { isInSample, type LogSample } from "./log-sample.ts";
import { loggedPath, type QueryInLog } from "./logged-path.ts";

/** One finished request. */
export interface Observation {
  requestId: string;
  /** Listener that it came in by. */
  entry: "gateway" | "router";
  /** Address of the peer. */
  client: string;
  method: string;
  /** Path and query as they came. */
  target: string;
  status: number;
  /** Code of the error that the gateway answered itself. */
  error: string | null;
  /** Id of the key, or `operator` where everybody is let in. */
  caller: string | null;
  sandbox: string | null;
  durationMs: number;
  /** Bytes of the request's body; of a tunnel those from the client. */
  bytesIn: number;
  /** Bytes to the client, heads among them. */
  bytesOut: number;
  /** The gateway's health pages, which are asked every few seconds. */
  probe: boolean;
  /** Null where tracing is off. */
  traceId: string | null;
}

export type Observe = (observation: Observation) => void;

export interface ObserverOptions extends LogSample {
  readonly query: QueryInLog;
}

/** The last step: writes the request's line in the access log. */
export function createObserver(logger: Logger, options: ObserverOptions): Observe {
  const { json } = logger;
  const { query } = options;
  const all = options.share === 1;
  return (seen) => {
    const { target, probe } = seen;
    const level = probe ? "debug" : "info";
    if (json?.writes(level) === false) return;
    if (!all && !isInSample(seen, options)) return;
    const path = loggedPath(target, query);
    if (json === undefined) logger[level]("request", fieldsOf(seen, path));
    else json.add(accessLine(seen, path, Date.now()));
  };
}

function fieldsOf(
  { target: _target, probe: _probe, durationMs, traceId, ...rest }: Observation,
  path: string,
): LogFields {
  const trace = traceId === null ? {} : { trace_id: traceId };
  return { ...rest, path, durationMs: tenths(durationMs), ...trace };
}
