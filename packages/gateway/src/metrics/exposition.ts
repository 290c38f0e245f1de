import { METRICS, type MetricEntry, type MetricName } from "./metric-table.ts";
import type { HistogramSample, MetricsSnapshot, Sample } from "./snapshot.ts";

/** Of the text below: Prometheus' exposition format, which every scraper reads. */
export const EXPOSITION_TYPE = "text/plain; version=0.0.4; charset=utf-8";

/** The snapshot as text: every metric of the table with its help and type, in the table's order. */
export function exposition(snapshot: MetricsSnapshot): string {
  let text = "";
  for (const [name, { type, help, labels }] of Object.entries(METRICS) as [MetricName, MetricEntry][]) {
    text += `# HELP ${name} ${escapeHelp(help)}\n# TYPE ${name} ${type}\n`;
    for (const sample of snapshot[name] ?? [])
      text += "value" in sample ? line(name, labels, sample) : histogramLines(name, labels, sample);
  }
  return text;
}

function line(name: string, names: readonly string[], { labels, value }: Sample): string {
  return `${name}${labelText(names, labels)} ${number(value)}\n`;
}

function histogramLines(name: string, names: readonly string[], sample: HistogramSample): string {
  const { labels, bounds, counts, sum } = sample;
  const withBound = [...names, "le"];
  let text = "";
  let below = 0;
  counts.forEach((count, at) => {
    below += count;
    const bound = bounds[at];
    const le = bound === undefined ? "+Inf" : number(bound);
    text += `${name}_bucket${labelText(withBound, [...labels, le])} ${below}\n`;
  });
  const own = labelText(names, labels);
  return `${text}${name}_sum${own} ${number(sum)}\n${name}_count${own} ${below}\n`;
}

function labelText(names: readonly string[], values: readonly string[]): string {
  if (names.length === 0) return "";
  return `{${names.map((name, at) => `${name}="${escapeLabel(values[at] ?? "")}"`).join(",")}}`;
}

/** A user's name and a file's are data: a quote in one must not end the label. */
function escapeLabel(value: string): string {
  return value.toWellFormed().replace(/["\\\n]/g, (char) => (char === "\n" ? "\\n" : `\\${char}`));
}

function escapeHelp(text: string): string {
  return text.replace(/[\\\n]/g, (char) => (char === "\n" ? "\\n" : "\\\\"));
}

/** As Go reads numbers, which is nearly as JavaScript writes them. */
function number(value: number): string {
  if (Number.isFinite(value)) return String(value);
  return Number.isNaN(value) ? "NaN" : value > 0 ? "+Inf" : "-Inf";
}
