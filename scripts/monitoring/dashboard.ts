import { ROWS, type Panel } from "./panels.ts";

/** Columns of Grafana's grid, and what a panel takes of them. */
const COLUMNS = 24;
const HEIGHT = 8;

const DATASOURCE = { type: "prometheus", uid: "${datasource}" };
const TYPES = { lines: "timeseries", stacked: "timeseries", number: "stat", table: "table" } as const;

/** The dashboard as Grafana imports it. */
export function dashboard(): string {
  const panels: object[] = [];
  let y = 0;
  for (const [title, row] of Object.entries(ROWS)) {
    panels.push({
      id: panels.length + 1,
      type: "row",
      title,
      collapsed: false,
      gridPos: { x: 0, y, w: COLUMNS, h: 1 },
      panels: [],
    });
    y++;
    const perLine = row.length % 3 === 0 || row.length === 5 ? 3 : 4;
    row.forEach((panel, at) => {
      const w = COLUMNS / perLine;
      const gridPos = { x: (at % perLine) * w, y: y + Math.floor(at / perLine) * HEIGHT, w, h: HEIGHT };
      panels.push({ id: panels.length + 1, gridPos, ...panelOf(panel) });
    });
    y += Math.ceil(row.length / perLine) * HEIGHT;
  }
  const board = {
    uid: "sandgate-gateway",
    title: "Sandgate",
    description: "The gateway of sandboxes: requests, time, errors, tunnels, what it knows, and its process.",
    tags: ["sandgate"],
    schemaVersion: 39,
    version: 1,
    editable: true,
    time: { from: "now-3h", to: "now" },
    refresh: "30s",
    templating: { list: variables() },
    panels,
  };
  return `${JSON.stringify(board, null, 2)}\n`;
}

function panelOf({ title, about, unit, kind = "lines", queries }: Panel): object {
  const stacked = kind === "stacked";
  return {
    type: TYPES[kind],
    title,
    ...(about === undefined ? {} : { description: about }),
    datasource: DATASOURCE,
    targets: Object.entries(queries).map(([legendFormat, expr], at) => ({
      refId: String.fromCharCode(65 + at),
      datasource: DATASOURCE,
      expr,
      ...(legendFormat === "" ? {} : { legendFormat }),
      ...(kind === "table" ? { instant: true, format: "table" } : {}),
      ...(kind === "number" ? { instant: true } : {}),
    })),
    fieldConfig: {
      defaults: {
        unit,
        min: 0,
        ...(kind === "lines" || stacked
          ? {
              custom: {
                fillOpacity: stacked ? 30 : 0,
                lineWidth: 1,
                stacking: { mode: stacked ? "normal" : "none" },
              },
            }
          : {}),
      },
      overrides: [],
    },
    options: kind === "lines" || stacked ? { tooltip: { mode: "multi", sort: "desc" } } : {},
  };
}

function variables(): object[] {
  const query = (name: string, label: string, expr: string): object => ({
    name,
    label,
    type: "query",
    datasource: DATASOURCE,
    query: expr,
    refresh: 2,
    multi: true,
    includeAll: true,
    allValue: ".*",
    current: { text: "All", value: "$__all" },
  });
  return [
    { name: "datasource", label: "Data source", type: "datasource", query: "prometheus", current: {} },
    query("job", "Job", "label_values(sandgate_build_info, job)"),
    query("instance", "Gateway", 'label_values(sandgate_build_info{job=~"$job"}, instance)'),
    query("user", "User", 'label_values(sandgate_sandbox_requests_total{job=~"$job",user!=""}, user)'),
  ];
}
