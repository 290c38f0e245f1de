import type { Status, StatusDetails } from "@sandgate/contract";

const BRAND: unique symbol = Symbol.for("sandgate.kube-error") as never;

/** The API server answered with a failure. Match on `reason`; the message is the server's own. */
export class KubeError extends Error {
  override readonly name = "KubeError";
  readonly [BRAND] = true;
  /** HTTP status. */
  readonly code: number;
  /** Reason of the Status, as `NotFound` or `Conflict`; empty where the answer was no Status. */
  readonly reason: string;
  readonly details: StatusDetails | undefined;

  constructor(code: number, reason: string, message: string, details?: StatusDetails) {
    super(message);
    this.code = code;
    this.reason = reason;
    this.details = details;
  }
}

/** The API server did not answer: refused, reset, timed out, or its certificate is not trusted. */
export class KubeUnreachableError extends Error {
  override readonly name = "KubeUnreachableError";
}

/** Whether it is a KubeError, also one of another installed copy of this package. */
export function isKubeError(error: unknown): error is KubeError {
  return typeof error === "object" && error !== null && BRAND in error;
}

export function isNotFound(error: unknown): boolean {
  return isKubeError(error) && error.code === 404;
}

export function isConflict(error: unknown): boolean {
  return isKubeError(error) && error.reason === "Conflict";
}

export function isAlreadyExists(error: unknown): boolean {
  return isKubeError(error) && error.reason === "AlreadyExists";
}

/** The resource version that was asked for is no longer kept: list again. */
export function isExpired(error: unknown): boolean {
  return isKubeError(error) && (error.code === 410 || error.reason === "Expired");
}

/** The error that an answer's body describes, whether it is a Status or not. */
export function errorFromBody(code: number, body: string): KubeError {
  const status = parseStatus(body);
  if (status === null) return new KubeError(code, "", `HTTP ${code}: ${body.slice(0, 500) || "no body"}`);
  return errorFromStatus(status, code);
}

export function errorFromStatus(status: Partial<Status>, code: number): KubeError {
  const number = status.code ?? code;
  return new KubeError(number, status.reason ?? "", status.message ?? `HTTP ${number}`, status.details);
}

function parseStatus(body: string): Partial<Status> | null {
  try {
    const value = JSON.parse(body) as Partial<Status> | null;
    return value !== null && typeof value === "object" && value.kind === "Status" ? value : null;
  } catch {
    return null;
  }
}
