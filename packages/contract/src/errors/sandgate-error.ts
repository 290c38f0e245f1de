import { ERROR_CATALOGUE, type ErrorCode } from "./catalogue.ts";

const BRAND = Symbol.for("sandgate.error");

/** A failure with a code of the catalogue. Match on `code`. */
export class SandgateError extends Error {
  override readonly name = "SandgateError";
  readonly code: ErrorCode;
  /** Seconds after which it is worth trying again. */
  readonly retryAfterSeconds: number | undefined;

  /** @param detail - What happened this time, for the caller to read; no secrets, no internals. */
  constructor(
    code: ErrorCode,
    detail: string,
    options: { retryAfterSeconds?: number; cause?: unknown } = {},
  ) {
    super(detail, options.cause === undefined ? {} : { cause: options.cause });
    Object.defineProperty(this, BRAND, { value: true });
    this.code = code;
    this.retryAfterSeconds = options.retryAfterSeconds;
  }

  get status(): number {
    return ERROR_CATALOGUE[this.code].status;
  }
}

/** Whether it is a SandgateError, also one of another installed copy of this package. */
export function isSandgateError(error: unknown): error is SandgateError {
  return typeof error === "object" && error !== null && BRAND in error;
}

/** RFC 9457 problem details. */
export interface Problem {
  type: string;
  title: string;
  status: number;
  detail: string;
  code: ErrorCode;
  retryable: boolean;
  remedy: string;
  /** As in the log and in the header X-Request-Id. */
  requestId: string;
}

export function toProblem(error: SandgateError, requestId: string): Problem {
  const { status, title, retryable, remedy } = ERROR_CATALOGUE[error.code];
  return {
    type: `urn:sandgate:error:${error.code}`,
    title,
    status,
    detail: error.message,
    code: error.code,
    retryable,
    remedy,
    requestId,
  };
}
