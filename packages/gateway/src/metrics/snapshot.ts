import { METRICS, type Merge, type MetricEntry, type MetricName } from "./metric-table.ts";

/** One value of a counter or a gauge. */
export interface Sample {
  /** Values of the metric's labels, in the table's order. */
  readonly labels: readonly string[];
  readonly value: number;
}

/** A histogram's state. */
export interface HistogramSample {
  readonly labels: readonly string[];
  /** Upper bounds, ascending, without the infinite one. */
  readonly bounds: readonly number[];
  /** How many fell into each, the last above all bounds; not summed up. */
  readonly counts: readonly number[];
  readonly sum: number;
}

/** All values at one moment, as plain data that other threads and processes can be sent. A metric without values may be absent. */
export type MetricsSnapshot = {
  readonly [N in MetricName]?: readonly ((typeof METRICS)[N]["type"] extends "histogram"
    ? HistogramSample
    : Sample)[];
};

/** The values of several workers as those of one gateway. */
export function mergeSnapshots(snapshots: readonly MetricsSnapshot[]): MetricsSnapshot {
  const merged: Record<string, readonly unknown[]> = {};
  for (const [name, entry] of Object.entries(METRICS) as [MetricName, MetricEntry][]) {
    const all = snapshots.flatMap((one): readonly (Sample | HistogramSample)[] => one[name] ?? []);
    if (all.length > 0) merged[name] = mergeSamples(all, entry.merge ?? "sum");
  }
  return merged;
}

function mergeSamples(
  samples: readonly (Sample | HistogramSample)[],
  how: Merge,
): readonly (Sample | HistogramSample)[] {
  const byLabels = new Map<string, Sample | HistogramSample>();
  for (const sample of samples) {
    const key = JSON.stringify(sample.labels);
    const before = byLabels.get(key);
    byLabels.set(key, before === undefined ? sample : both(before, sample, how));
  }
  return [...byLabels.values()];
}

function both(
  a: Sample | HistogramSample,
  b: Sample | HistogramSample,
  how: Merge,
): Sample | HistogramSample {
  if ("counts" in a && "counts" in b)
    return { ...a, counts: a.counts.map((count, at) => count + (b.counts[at] ?? 0)), sum: a.sum + b.sum };
  if (!("value" in a && "value" in b)) return a;
  if (how === "sum") return { ...a, value: a.value + b.value };
  return { ...a, value: how === "most" ? Math.max(a.value, b.value) : Math.min(a.value, b.value) };
}
