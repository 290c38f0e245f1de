import { ERROR_CATALOGUE, type ErrorCode } from "./catalogue.ts";

/** Status of an error in header form, where it is another one than in the catalogue. */
export interface RouterStatus {
  readonly status: number;
  /** Where a request that must not be carried out twice has reached the sandbox. */
  readonly onceOnly?: number;
}

/**
 * In header form errors have the status that upstream's router gives. Its client sends a POST again, up to five times, for any
 * 5xx. So what has reached the sandbox and cannot be repeated without harm ends in a 4xx, which the client takes as final.
 */
export const ROUTER_STATUS = {
  SANDBOX_NOT_FOUND: { status: 502 },
  SANDBOX_NOT_READY: { status: 502 },
  SANDBOX_ENDED: { status: 502 },
  CIRCUIT_OPEN: { status: 502 },
  BROKEN: { status: 502, onceOnly: 424 },
  TOO_SLOW: { status: 504, onceOnly: 408 },
  INTERNAL: { status: 500, onceOnly: 424 },
} as const satisfies Partial<Record<ErrorCode, RouterStatus>>;

/** Methods that may be carried out twice with the same effect as once (RFC 9110, section 9.2.2). */
const IDEMPOTENT: ReadonlySet<string> = new Set(["GET", "HEAD", "OPTIONS", "PUT", "DELETE"]);

/** Whether a request of this method may be sent a second time. */
export function isIdempotent(method: string): boolean {
  return IDEMPOTENT.has(method);
}

/** @param reached - Bytes of the request may have reached the sandbox. */
export function routerStatusOf(code: ErrorCode, method: string, reached: boolean): number {
  const row: RouterStatus | undefined = (ROUTER_STATUS as Partial<Record<ErrorCode, RouterStatus>>)[code];
  if (row === undefined) return ERROR_CATALOGUE[code].status;
  return reached && !isIdempotent(method) ? (row.onceOnly ?? row.status) : row.status;
}
