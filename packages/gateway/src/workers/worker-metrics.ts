import { METRICS, type MetricName } from "../metrics/metric-table.ts";
import type { MetricsSnapshot, Sample } from "../metrics/snapshot.ts";

/** What is left of a worker that has ended: what it counted, and nothing of what it was. */
export function withoutGauges(snapshot: MetricsSnapshot): MetricsSnapshot {
  return Object.fromEntries(
    Object.entries(snapshot).filter(([name]) => METRICS[name as MetricName].type !== "gauge"),
  );
}

/** How many requests each worker has served, for whoever asks whether they share the work. */
export function requestsByWorker(snapshots: readonly MetricsSnapshot[]): readonly Sample[] {
  return snapshots.map(({ sandgate_requests_total: samples = [] }, index) => ({
    labels: [String(index)],
    value: samples.reduce((sum, { value }) => sum + value, 0),
  }));
}
