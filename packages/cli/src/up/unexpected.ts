import type { Logger } from "@sandgate/contract";
import { CliError } from "../cli-error.ts";
import { describeError } from "../output/describe-error.ts";

export interface UnexpectedErrors {
  /** Rejects at the first one, for the command to end in order; never resolves. */
  readonly failed: Promise<never>;
  /** Tells of one that was noticed elsewhere. */
  report(error: unknown, where: string): void;
  close(): void;
}

/** An orderly end takes a few seconds. After an error that nobody expects it may never come. */
const LONGEST_END_MS = 20_000;
/** One that comes with every line of a log must not fill the log. */
const MOST_TOLD = 10;

/**
 * Takes what would end the process on the spot: an exception or a rejection that no code catches. It is logged with its
 * stack, and the command gets the time to end what it has started; what it keeps on disk is complete at any moment.
 */
export function watchForUnexpectedErrors(logger: Logger): UnexpectedErrors {
  const failed = Promise.withResolvers<never>();
  // Whoever does not look at it must not be ended by it.
  failed.promise.catch(() => undefined);
  let count = 0;

  function report(error: unknown, where: string): void {
    count++;
    if (count <= MOST_TOLD)
      logger.error("an unexpected error ends sandgate", { where, error: describeError(error) });
    if (count > 1) return;
    setTimeout(() => process.exit(1), LONGEST_END_MS).unref();
    failed.reject(new CliError("Ended by an unexpected error, which is logged above.", { cause: error }));
  }

  process.on("uncaughtException", report);
  return {
    failed: failed.promise,
    report,
    close: () => void process.off("uncaughtException", report),
  };
}
