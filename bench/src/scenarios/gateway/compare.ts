import { quantile } from "../../figures.ts";
import type { Measured } from "./measure.ts";
import type { ContestResult } from "./rounds.ts";

/** What is compared is, of each round: how much was done, the proxy's time for each unit, or the 99th percentile. */
export type Comparison = "rate" | "cpu" | "latency";

/** The median of the rounds, with the least and the most of them. */
export interface Spread {
  readonly median: number;
  readonly min: number;
  readonly max: number;
}

/** Below this share of its core a proxy was held up by the load, so that rates say nothing about it. */
const FULL = 0.9;

export function spreadOf(values: readonly number[]): Spread | null {
  const known = values.filter((value) => Number.isFinite(value));
  if (known.length === 0) return null;
  return { median: quantile(known, 0.5), min: Math.min(...known), max: Math.max(...known) };
}

/** One column's figure, over the rounds in which it is there. */
export function figureOf(
  { rounds }: ContestResult,
  column: number,
  figure: (measured: Measured) => number | undefined,
): Spread | null {
  return spreadOf(
    rounds.map((row) => {
      const measured = row[column] ?? null;
      return (measured === null ? undefined : figure(measured)) ?? Number.NaN;
    }),
  );
}

/** How a contest is judged: by rates only where the first candidate's core was full. */
export function comparisonOf(result: ContestResult): Comparison {
  if (result.work.comparedBy !== "rate") return result.work.comparedBy;
  const busy = figureOf(result, 0, (measured) => measured.busy);
  return busy !== null && busy.median < FULL ? "cpu" : "rate";
}

export function microsOf(measured: Measured): number {
  return measured.userMicros + measured.systemMicros;
}

/**
 * A column against another, round by round. More than 1 is better, but for latency, where less is.
 *
 * @param to - The column it is compared with.
 */
export function ratioOf(
  result: ContestResult,
  column: number,
  by: Comparison = comparisonOf(result),
  to = 0,
): Spread | null {
  return spreadOf(
    result.rounds.map((row) => {
      const [one, other] = [row[column] ?? null, row[to] ?? null];
      if (one === null || other === null) return Number.NaN;
      if (by === "rate") return one.perSecond / other.perSecond;
      if (by === "cpu") return microsOf(other) / microsOf(one);
      return (one.latency?.p99 ?? Number.NaN) / (other.latency?.p99 ?? Number.NaN);
    }),
  );
}

/** In how many rounds it failed, or did not keep up. */
export function failuresOf({ rounds }: ContestResult, column: number): number {
  return rounds.filter((row) => row[column] === null).length;
}

/** Index of a candidate, by its title. */
export function columnOf({ candidates }: ContestResult, title: string): number {
  return candidates.findIndex((candidate) => candidate.title === title);
}
