/** What of a finished request says whether it is logged. */
export interface Sampled {
  readonly requestId: string;
  readonly status: number;
  readonly error: string | null;
  readonly durationMs: number;
}

/** Which requests have a line. */
export interface LogSample {
  /** Share of the requests, 0 to 1. */
  readonly share: number;
  /** From here on a request is slow. */
  readonly slowMs: number;
}

/**
 * Whether a request has a line in a log of a share of them. What went wrong and what was slow always has one: the gateway's own
 * errors, answers 5xx, and tunnels too, most of which take long. Of the others the id decides, so that whoever asks twice,
 * here and in another log, finds the same ones.
 */
export function isInSample({ requestId, status, error, durationMs }: Sampled, sample: LogSample): boolean {
  if (error !== null || status >= 500 || durationMs >= sample.slowMs) return true;
  return spread(requestId) < sample.share;
}

/** A number from 0 to 1, as evenly spread over ids of whatever form as a 32-bit FNV-1a with a last stir can. */
function spread(id: string): number {
  let hash = 0x811c9dc5;
  for (let at = 0; at < id.length; at++) hash = Math.imul(hash ^ id.charCodeAt(at), 0x01000193);
  hash = Math.imul(hash ^ (hash >>> 16), 0x45d9f3b);
  return ((hash ^ (hash >>> 16)) >>> 0) / 2 ** 32;
}
