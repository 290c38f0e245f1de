import { newSpanId, newTraceId } from "./trace-ids.ts";
import { isPassableTraceState, parseTraceParent, printTraceParent } from "./trace-context.ts";
import type { ParentWord } from "./sampler.ts";

/** The trace that one request belongs to, and the gateway's two steps in it. */
export class Trace {
  readonly traceId: string;
  /** Span of the caller, empty where there is none. */
  readonly parentSpanId: string;
  readonly serverSpanId = newSpanId();
  /** The parent of what the sandbox does. */
  readonly clientSpanId = newSpanId();
  /** The caller's tracestate goes on as it came. */
  readonly keepsState: boolean;
  /** The caller records it; null without a caller's word. */
  readonly callerRecords: boolean | null;
  /** Null before it is decided. */
  recorded: boolean | null = null;
  /** What the sandbox is reached at; null before. */
  peer: { readonly host: string; readonly port: number } | null = null;
  readonly #random: boolean;

  /**
   * @param traceparent - Of the request's one header; undefined without one.
   * @param tracestate - Values of all such headers as one list.
   */
  constructor(traceparent: string | undefined, tracestate: string | undefined) {
    const parent = traceparent === undefined ? null : parseTraceParent(traceparent);
    this.traceId = parent === null ? newTraceId() : parent.traceId;
    this.parentSpanId = parent === null ? "" : parent.spanId;
    this.callerRecords = parent === null ? null : parent.sampled;
    this.#random = parent === null || parent.random;
    this.keepsState = parent !== null && (tracestate === undefined || isPassableTraceState(tracestate));
  }

  /** What the caller says about recording, for the sampler. */
  word(believed: boolean): ParentWord {
    if (this.callerRecords === null) return "none";
    if (!believed) return "doubted";
    return this.callerRecords ? "recorded" : "not recorded";
  }

  /** `traceparent` for the sandbox. */
  print(): string {
    return printTraceParent({
      traceId: this.traceId,
      spanId: this.clientSpanId,
      sampled: this.recorded === true,
      random: this.#random,
    });
  }
}
