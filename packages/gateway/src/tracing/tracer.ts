import { randomUUID } from "node:crypto";
import type { GatewayConfig, Logger } from "@sandgate/contract";
import manifest from "../../package.json" with { type: "json" };
import { aroundSpans, requestSpans, type FinishedRequest } from "./request-spans.ts";
import { createSampler } from "./sampler.ts";
import { SpanExporter, type SpanCounts } from "./span-exporter.ts";
import { newTraceId } from "./trace-ids.ts";
import { Trace } from "./trace.ts";

/** What traces requests. There is none where tracing is off. */
export interface Tracer {
  /** Spans sent and dropped; null where none are exported. */
  readonly counts: Readonly<SpanCounts> | null;
  /** The trace that a request belongs to: its caller's, or one of its own. */
  begin(traceparent: string | undefined, tracestate: string | undefined): Trace;
  /**
   * Decides, once, whether it is recorded.
   *
   * @param believed - The caller's word about it counts.
   */
  decide(trace: Trace, believed: boolean): void;
  /** Takes what a recorded request tells. */
  finish(request: FinishedRequest): void;
  /** Whether what `finish` is given goes anywhere. */
  readonly exports: boolean;
  /** Sends what there is, within a few seconds. Idempotent. */
  close(): Promise<void>;
}

/** How long the last spans get when the gateway ends. */
const CLOSE_MS = 3_000;
/** The system's clock is set now and then. Below this the steady one is kept to, so that spans fit each other. */
const CLOCK_DRIFT_MS = 20;

/** @returns Null where the configuration wants no traces. */
export function createTracer(config: GatewayConfig, logger: Logger): Tracer | null {
  const { otlpEndpoint, traceSample } = config;
  if (otlpEndpoint === undefined && (traceSample ?? 0) === 0) return null;
  const sample = createSampler(config.traceSampler, traceSample ?? 1);
  const exporter =
    otlpEndpoint === undefined
      ? null
      : new SpanExporter({
          endpoint: otlpEndpoint,
          headers: config.otlpHeaders,
          around: aroundSpans({
            "service.name": config.otlpServiceName,
            "service.version": manifest.version,
            "service.instance.id": randomUUID(),
          }),
          logger,
        });
  let offsetMs = performance.timeOrigin;
  return {
    counts: exporter?.counts ?? null,
    exports: exporter !== null,
    begin: (traceparent, tracestate) => new Trace(traceparent, tracestate),
    decide(trace, believed) {
      trace.recorded ??= sample(trace.traceId, trace.word(believed), newTraceId);
    },
    finish(request) {
      const now = Date.now() - performance.now();
      if (Math.abs(now - offsetMs) > CLOCK_DRIFT_MS) offsetMs = now;
      exporter?.add(requestSpans(request, offsetMs), request.peer === null ? 1 : 2);
    },
    close: async () => exporter?.close(CLOSE_MS),
  };
}
