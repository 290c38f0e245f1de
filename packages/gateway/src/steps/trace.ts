import type { Exchange } from "../engine/client/exchange.ts";
import type { HeaderFields } from "../engine/head/header-fields.ts";
import type { DialTarget } from "../routes/route.ts";
import type { Trace } from "../tracing/trace.ts";
import type { Tracer } from "../tracing/tracer.ts";
import type { Addressed, Entry } from "./address.ts";
import type { Caller } from "./caller.ts";
import type { Head } from "./parse-head.ts";

/**
 * The trace that a request belongs to. Two `traceparent` are as none (W3C Trace Context, section 3.2).
 *
 * @param trusted - The peer is a proxy of ours, whose word about recording counts.
 */
export function traceOf(fields: HeaderFields, tracer: Tracer, trusted: boolean): Trace {
  const traceparent = fields.times("traceparent") === 1 ? fields.value("traceparent") : undefined;
  const trace = tracer.begin(
    traceparent,
    traceparent === undefined ? undefined : fields.joined("tracestate"),
  );
  if (trusted) tracer.decide(trace, true);
  return trace;
}

/** It goes on to a sandbox, which is told whether it is recorded. */
export function sendTrace(trace: Trace, tracer: Tracer, target: DialTarget): void {
  tracer.decide(trace, false);
  trace.peer = target.kind === "tcp" ? target : { host: target.pod, port: target.port };
}

/** What the other steps have learned of a request that is over. */
export interface TracedRequest {
  head: Head | null;
  addressed: Addressed | null;
  caller: Caller | null;
}

/** The last that is done for a trace: its spans, where it is recorded. */
export function traceEnd(
  exchange: Exchange,
  trace: Trace,
  tracer: Tracer,
  endedMs: number,
  entry: Entry,
  { head, addressed, caller }: TracedRequest,
): void {
  // Who was refused before anybody knew him has no word in it.
  tracer.decide(trace, false);
  if (trace.recorded !== true || !tracer.exports) return;
  const { sandbox, client } = exchange;
  const slash = sandbox?.indexOf("/") ?? -1;
  tracer.finish({
    traceId: trace.traceId,
    parentSpanId: trace.parentSpanId,
    serverSpanId: trace.serverSpanId,
    clientSpanId: trace.clientSpanId,
    beganMs: exchange.beganMs,
    decidedMs: exchange.decidedMs,
    connectedMs: exchange.connectedMs,
    answeredMs: exchange.answeredMs,
    endedMs,
    requestId: exchange.requestId,
    entry,
    method: exchange.head.method,
    target: exchange.head.target,
    route: addressed?.form === "path" ? "/{user}/{sandbox}/*" : null,
    scheme: client.peer.secure ? "https" : "http",
    protocolVersion: client.peer.http2 ? "2" : exchange.head.minor === 0 ? "1.0" : "1.1",
    host: head?.hostname ?? "",
    port: client.peer.localPort,
    client: client.peer.remoteAddress,
    caller: caller?.id ?? null,
    user: sandbox?.slice(0, slash) ?? null,
    sandbox: sandbox?.slice(slash + 1) ?? null,
    status: exchange.status,
    error: exchange.error,
    peer: trace.peer,
  });
}
