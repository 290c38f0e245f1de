import {
  columnOf,
  comparisonOf,
  failuresOf,
  figureOf,
  microsOf,
  ratioOf,
  spreadOf,
  type Comparison,
  type Spread,
} from "./compare.ts";
import type { ContestResult } from "./rounds.ts";

const NOTHING = "–";
const BY: Readonly<Record<Comparison, string>> = {
  rate: "throughput",
  cpu: "processor time",
  latency: "p99, less is better",
};

export function markdownTable(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]): string => `| ${cells.join(" | ")} |\n`;
  const marks = head.map((_, index) => (index === 0 ? "---" : "--:"));
  return line(head) + line(marks) + rows.map(line).join("");
}

/** Every candidate at one kind of request. */
export function candidatesTable(result: ContestResult): string {
  const { candidates, work } = result;
  const rows = candidates.map((candidate, column) => [
    `${candidate.title} ${candidate.version}`,
    text(figureOf(result, column, (one) => one.perSecond)?.median, 0),
    withSpread(ratioOf(result, column, "rate")),
    withSpread(ratioOf(result, column, "cpu")),
    text(figureOf(result, column, (one) => one.userMicros)?.median, 1),
    text(figureOf(result, column, (one) => one.systemMicros)?.median, 1),
    text(figureOf(result, column, (one) => one.latency?.p50)?.median, 2),
    text(figureOf(result, column, (one) => one.latency?.p99)?.median, 2),
    text(figureOf(result, column, (one) => one.latency?.p999)?.median, 2),
  ]);
  const per = `µs/${work.unit}`;
  return markdownTable(
    [
      "candidate",
      rateOf(result),
      "× nginx",
      "× nginx by processor time",
      `own ${per}`,
      `kernel ${per}`,
      "p50 ms",
      "p99 ms",
      "p99.9 ms",
    ],
    rows,
  );
}

/** A row for each work, a column for each candidate: what the first one does, and how the others compare. */
export function worksTable(results: readonly ContestResult[], titles: readonly string[]): string {
  const rows = results.map((result) => {
    const by = comparisonOf(result);
    const first = figureOf(result, 0, (one) => one.perSecond)?.median;
    const cells = titles.map((title) => {
      const column = columnOf(result, title);
      if (column === -1) return NOTHING;
      const failures = failuresOf(result, column);
      const note = failures === 0 ? "" : `, failed ${failures} of ${result.rounds.length}`;
      return withSpread(ratioOf(result, column, by)) + note;
    });
    return [result.work.title, `${text(first, 0)} ${rateOf(result)}`, BY[by], ...cells];
  });
  return markdownTable(["work", "nginx", "compared by", ...titles], rows);
}

/** How much is done in the time, whoever or whatever is the brake. */
export function throughputTable(results: readonly ContestResult[], titles: readonly string[]): string {
  const rows = results.map((result) => [
    result.work.title,
    ...titles.map((title) => withSpread(ratioOf(result, columnOf(result, title), "rate"))),
  ]);
  return markdownTable(["throughput", ...titles], rows);
}

/** What a unit costs the proxy's core, its own code and the kernel's. */
export function costsTable(results: readonly ContestResult[], titles: readonly string[]): string {
  const rows = results.map((result) => [
    `${result.work.title}, µs/${result.work.unit}`,
    ...["nginx", ...titles].map((title) => {
      const column = columnOf(result, title);
      if (column === -1) return NOTHING;
      const busy = figureOf(result, column, (one) => one.busy)?.median;
      const share = busy === undefined ? "" : ` (${Math.round(busy * 100)} %)`;
      return text(figureOf(result, column, microsOf)?.median, 1) + share;
    }),
  ]);
  return markdownTable(["processor time (share of the core)", "nginx", ...titles], rows);
}

/** What each part costs: the first candidate beside itself with it off or on, in microseconds of a request. */
export function pricesTable(result: ContestResult): string {
  const rows = result.candidates.slice(1).map(({ title }, index) => {
    const column = index + 1;
    const prices = spreadOf(
      result.rounds.map((row) => {
        const [whole, other] = [row[0] ?? null, row[column] ?? null];
        return whole === null || other === null ? Number.NaN : microsOf(other) - microsOf(whole);
      }),
    );
    const price = prices === null ? NOTHING : signed(prices.median);
    const around = prices === null ? "" : ` (${signed(prices.min)} to ${signed(prices.max)})`;
    return [title, price + around, withSpread(ratioOf(result, column, "rate"))];
  });
  return markdownTable(["", "µs/request", "throughput, × as it is"], rows);
}

function signed(micros: number): string {
  return `${micros < 0 ? "−" : "+"}${Math.abs(micros).toFixed(1)}`;
}

function rateOf({ work }: ContestResult): string {
  return work.unit === "MiB" ? "MiB/s" : `${work.unit}s/s`;
}

export function withSpread(spread: Spread | null): string {
  if (spread === null) return NOTHING;
  const { median, min, max } = spread;
  const around = min === max ? "" : ` (${min.toFixed(2)}–${max.toFixed(2)})`;
  return `${median.toFixed(2)}${around}`;
}

function text(value: number | undefined, digits: number): string {
  return value === undefined
    ? NOTHING
    : value.toLocaleString("en", { minimumFractionDigits: digits, maximumFractionDigits: digits });
}
