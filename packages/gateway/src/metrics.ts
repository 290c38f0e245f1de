/** Upper bounds in seconds. */
const BUCKETS = [0.001, 0.005, 0.01, 0.05, 0.1, 0.5, 1, 5, 10, 60] as const;

export interface Metrics {
  count(status: number, error: string | null, durationMs: number): void;
  /** Text in Prometheus' exposition format. */
  print(gauges: { sandboxes: number; synced: boolean; syncedAtMs: number; inFlight: number }): string;
}

/** Counters of one gateway; labels are bounded by status classes and error codes. */
export function createMetrics(): Metrics {
  /** By the status's hundreds. */
  const requests = new Float64Array(10);
  const refusals = new Map<string, number>();
  const buckets = Array.from({ length: BUCKETS.length + 1 }, () => 0);
  let sum = 0;
  return {
    count(status, error, durationMs) {
      const hundreds = (status / 100) | 0;
      requests[hundreds] = (requests[hundreds] ?? 0) + 1;
      if (error !== null) refusals.set(error, (refusals.get(error) ?? 0) + 1);
      const seconds = durationMs / 1000;
      let at = 0;
      while (at < BUCKETS.length && seconds > (BUCKETS[at] ?? 0)) at++;
      buckets[at] = (buckets[at] ?? 0) + 1;
      sum += seconds;
    },
    print(gauges) {
      const lines: string[] = [];
      const metric = (
        name: string,
        type: string,
        help: string,
        samples: readonly [string, number][],
      ): void => {
        lines.push(`# HELP ${name} ${help}`, `# TYPE ${name} ${type}`);
        for (const [labels, value] of samples) lines.push(`${name}${labels} ${value}`);
      };
      metric(
        "sandgate_requests_total",
        "counter",
        "Requests by class of status.",
        labelled(classes(requests), "code"),
      );
      metric(
        "sandgate_errors_total",
        "counter",
        "Requests the gateway answered with an error of its own.",
        labelled(refusals, "error"),
      );
      let below = 0;
      const total = buckets.reduce((one, other) => one + other, 0);
      lines.push("# HELP sandgate_request_duration_seconds Time from head to end of the answer.");
      lines.push("# TYPE sandgate_request_duration_seconds histogram");
      BUCKETS.forEach((bound, index) => {
        below += buckets[index] ?? 0;
        lines.push(`sandgate_request_duration_seconds_bucket{le="${bound}"} ${below}`);
      });
      lines.push(`sandgate_request_duration_seconds_bucket{le="+Inf"} ${total}`);
      lines.push(
        `sandgate_request_duration_seconds_sum ${sum}`,
        `sandgate_request_duration_seconds_count ${total}`,
      );
      metric("sandgate_requests_in_flight", "gauge", "Requests under way.", [["", gauges.inFlight]]);
      metric("sandgate_routes", "gauge", "Sandboxes known.", [["", gauges.sandboxes]]);
      metric("sandgate_routes_synced", "gauge", "1 once the sandboxes are known.", [
        ["", gauges.synced ? 1 : 0],
      ]);
      metric("sandgate_routes_synced_timestamp_seconds", "gauge", "When the newest news came.", [
        ["", gauges.syncedAtMs / 1000],
      ]);
      return `${lines.join("\n")}\n`;
    },
  };
}

function classes(counts: Float64Array): ReadonlyMap<string, number> {
  return new Map([...counts].flatMap((count, hundreds) => (count === 0 ? [] : [[`${hundreds}xx`, count]])));
}

function labelled(map: ReadonlyMap<string, number>, label: string): [string, number][] {
  return [...map]
    .toSorted(([a], [b]) => (a < b ? -1 : 1))
    .map(([key, value]) => [`{${label}="${key}"}`, value]);
}
