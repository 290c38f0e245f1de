const UNIT_MS = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000 } as const;
const SYNTAX = /^(0|[1-9][0-9]{0,9})(ms|s|m|h)?$/;
/** Timers hold 2^31 milliseconds; what is longer would be over at once. */
const MOST_MS = 2_000_000_000;

/**
 * Reads a duration: one whole number with its unit, `500ms`, `90s`, `5m` or `1h`; without one, seconds.
 *
 * @returns Milliseconds, 1 to 2,000,000,000; undefined where it is none of these.
 */
export function parseDurationMs(text: string): number | undefined {
  const match = SYNTAX.exec(text);
  if (match === null) return undefined;
  const [, number, unit] = match;
  const durationMs = Number(number) * UNIT_MS[(unit ?? "s") as keyof typeof UNIT_MS];
  return durationMs >= 1 && durationMs <= MOST_MS ? durationMs : undefined;
}

/** The same duration as one reads it, in the largest unit that it is a whole number of. */
export function printDuration(durationMs: number): string {
  if (durationMs % UNIT_MS.h === 0) return `${durationMs / UNIT_MS.h}h`;
  if (durationMs % UNIT_MS.m === 0) return `${durationMs / UNIT_MS.m}m`;
  return durationMs % UNIT_MS.s === 0 ? `${durationMs / UNIT_MS.s}s` : `${durationMs}ms`;
}
