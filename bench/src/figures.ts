/** Quantiles of a series, by the nearest rank. */
export function quantile(values: readonly number[], q: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.max(0, Math.ceil(q * sorted.length) - 1))] ?? Number.NaN;
}

export interface Summary {
  min: number;
  p50: number;
  p99: number;
  max: number;
}

export function summarize(values: readonly number[]): Summary {
  return {
    min: quantile(values, 0),
    p50: quantile(values, 0.5),
    p99: quantile(values, 0.99),
    max: quantile(values, 1),
  };
}

/** Figures of one scenario, printed as `RESULT name=value …`; the unit is part of the name. */
export type Figures = Record<string, number>;

export function printResult(scenario: string, figures: Figures): void {
  const pairs = Object.entries(figures).map(([name, value]) => `${name}=${Math.round(value * 100) / 100}`);
  process.stdout.write(`RESULT scenario=${scenario} ${pairs.join(" ")}\n`);
}
