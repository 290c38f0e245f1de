/** W3C Trace Context: which trace a request belongs to, and which step of it sent it. */

/** What a `traceparent` header says. */
export interface TraceParent {
  /** 32 lower-case hexadecimal digits, not all zero. */
  readonly traceId: string;
  /** Id of the span that sent the request: 16 lower-case hexadecimal digits, not all zero. */
  readonly spanId: string;
  /** Whoever sent it records its part of the trace. */
  readonly sampled: boolean;
  /** The trace id was made at random, at least in its last seven bytes. */
  readonly random: boolean;
}

/** `version-traceid-spanid-flags`, and what versions to come may add. */
const TRACEPARENT = /^([0-9a-f]{2})-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})(-.*)?$/;
const NO_TRACE = "0".repeat(32);
const NO_SPAN = "0".repeat(16);
const SAMPLED = 1;
const RANDOM = 2;

/**
 * Reads a `traceparent`. Of a version above 00 the parts that 00 has are read, as the specification wants it.
 *
 * @returns Null for whatever is none: then there is no trace to go on with.
 * @see https://www.w3.org/TR/trace-context/#traceparent-header
 */
export function parseTraceParent(text: string): TraceParent | null {
  const match = TRACEPARENT.exec(text);
  if (match === null) return null;
  const [, version, traceId = "", spanId = "", flagDigits = "", rest] = match;
  if (version === "ff" || (version === "00" && rest !== undefined)) return null;
  if (traceId === NO_TRACE || spanId === NO_SPAN) return null;
  const flags = Number.parseInt(flagDigits, 16);
  return { traceId, spanId, sampled: (flags & SAMPLED) !== 0, random: (flags & RANDOM) !== 0 };
}

/** In version 00, whatever version it came in; flags that it does not have are zero. */
export function printTraceParent({ traceId, spanId, sampled, random }: TraceParent): string {
  return `00-${traceId}-${spanId}-0${(sampled ? SAMPLED : 0) | (random ? RANDOM : 0)}`;
}

/** So much of a `tracestate` has to be passed on; of more than that nobody else need take it. */
const TRACESTATE_CHARACTERS = 512;
const TRACESTATE_MEMBERS = 32;

/**
 * Whether a `tracestate` may go on: the values of all its headers, as one list.
 *
 * @see https://www.w3.org/TR/trace-context/#tracestate-limits
 */
export function isPassableTraceState(list: string): boolean {
  if (list.length > TRACESTATE_CHARACTERS) return false;
  let members = 1;
  for (let at = list.indexOf(","); at !== -1; at = list.indexOf(",", at + 1)) members++;
  return members <= TRACESTATE_MEMBERS;
}
