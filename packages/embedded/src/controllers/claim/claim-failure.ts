/** Why a claim cannot have its sandbox now: the Ready condition's reason and message. */
export class ClaimFailure extends Error {
  override readonly name = "ClaimFailure";
  readonly reason: string;
  /** Whether trying again can help. One that only an edit of the claim or its template cures waits for that. */
  readonly retryable: boolean;
  /** The sandbox in the claim's status is not the claim's: its name is taken out. */
  readonly unbinds: boolean;

  constructor(
    reason: string,
    message: string,
    { retryable = false, unbinds = false }: { retryable?: boolean; unbinds?: boolean } = {},
  ) {
    super(message);
    this.reason = reason;
    this.retryable = retryable;
    this.unbinds = unbinds;
  }
}

/** A failure that has no reason of its own. */
export function reconcilerError(message: string): ClaimFailure {
  return new ClaimFailure("ReconcilerError", `Error seen: ${message}`, { retryable: true });
}

/** What an unknown failure tells the claim. */
export function failureOf(error: unknown): ClaimFailure {
  return error instanceof ClaimFailure
    ? error
    : reconcilerError(error instanceof Error ? error.message : String(error));
}
