import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { METRICS, type MetricEntry } from "../../packages/gateway/src/metrics/metric-table.ts";
import { ALERTS } from "./alerts.ts";
import { monitoringFiles } from "./main.ts";
import { ROWS } from "./panels.ts";

const deploy = join(import.meta.dirname, "..", "..", "deploy");
/** Labels that Prometheus gives to whatever it scrapes. */
const SCRAPED = ["job", "instance"];

const panels = Object.values(ROWS).flat();
const queries: [string, string][] = [
  ...Object.entries(ALERTS).map(([name, { expr }]): [string, string] => [name, expr]),
  ...panels.flatMap(({ title, queries: all }) =>
    Object.values(all).map((expr): [string, string] => [title, expr]),
  ),
];

/** Metrics that an expression names, by the table's names. */
function metricsIn(expr: string): string[] {
  return [...expr.matchAll(/\b(?:sandgate|process|nodejs)_[a-z0-9_]+/g)].map(([name]) => {
    const family = name.replace(/_(?:bucket|sum|count)$/, "");
    return (METRICS as Record<string, MetricEntry>)[family]?.type === "histogram" ? family : name;
  });
}

/** Labels that it names, in selectors and in groupings. */
function labelsIn(expr: string): string[] {
  const selected = [...expr.matchAll(/\{([^}]*)\}/g)].flatMap(([, inner = ""]) =>
    [...inner.matchAll(/([a-z_]+)\s*(?:=~|!~|!=|=)/g)].map(([, label = ""]) => label),
  );
  const grouped = [...expr.matchAll(/\b(?:by|on) \(([^)]*)\)/g)].flatMap(([, list = ""]) =>
    list.split(",").map((label) => label.trim()),
  );
  return [...selected, ...grouped];
}

describe("dashboard and alert rules", () => {
  it.each(Object.entries(monitoringFiles()))(
    "deploy/%s says what its table says (else: node scripts/with-node.mjs scripts/monitoring/main.ts)",
    (path, text) => {
      expect(readFileSync(join(deploy, path), "utf8")).toBe(text);
    },
  );

  it.each(queries)("%s names metrics and labels that there are: %s", (_, expr) => {
    const names = metricsIn(expr);
    expect(names).not.toEqual([]);
    expect(Object.keys(METRICS)).toEqual(expect.arrayContaining(names));
    const known = names.flatMap((name) => (METRICS as Record<string, MetricEntry>)[name]?.labels ?? []);
    for (const label of labelsIn(expr)) expect([...known, ...SCRAPED, "le"]).toContain(label);
  });

  it("take rates of counters, and values of gauges", () => {
    for (const [title, expr] of queries)
      for (const name of new Set(metricsIn(expr))) {
        const { type } = METRICS[name as keyof typeof METRICS];
        const [used] = expr.match(new RegExp(`(?:rate|increase)\\(${name}`)) ?? [];
        expect({ title, name, rate: used !== undefined }).toEqual({ title, name, rate: type !== "gauge" });
      }
  });

  it("say in a panel's legend only what its query keeps", () => {
    for (const { queries: all } of panels)
      for (const [legend, expr] of Object.entries(all)) {
        const grouped = [...expr.matchAll(/\bby \(([^)]*)\)/g)].flatMap(([, list = ""]) => list.split(/, */));
        const kept = grouped.length > 0 ? grouped : SCRAPED;
        for (const [, label = ""] of legend.matchAll(/\{\{([a-z]+)\}\}/g)) expect(kept).toContain(label);
      }
  });

  it("show every metric of the table somewhere, but for those that are said to be left out", () => {
    const shown = new Set(queries.flatMap(([, expr]) => metricsIn(expr)));
    expect(Object.keys(METRICS).filter((name) => !shown.has(name))).toEqual([
      "sandgate_worker_requests_total",
    ]);
  });
});
