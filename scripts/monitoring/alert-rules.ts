import { stringify } from "yaml";
import { ALERTS, type Alert } from "./alerts.ts";

/** The alerts as Prometheus' configuration has rules: `groups: …`. */
export function alertRules(): string {
  return yaml({ groups: groups() }, "Alert rules for a Prometheus that is configured by files (rule_files).");
}

/** The same for the Prometheus operator. */
export function prometheusRule(): string {
  return yaml(
    {
      apiVersion: "monitoring.coreos.com/v1",
      kind: "PrometheusRule",
      metadata: {
        name: "sandgate-gateway",
        namespace: "sandgate-system",
        labels: { "app.kubernetes.io/name": "sandgate-gateway" },
      },
      spec: { groups: groups() },
    },
    "Alert rules for the Prometheus operator. The chart makes the same with metrics.prometheusRule.enabled.",
  );
}

/** Rows for the guide. */
export function alertsTable(): string {
  const rows = Object.entries(ALERTS).map(
    ([name, { severity, runbook }]: [string, Alert]) => `| \`${name}\` | ${severity} | ${runbook} |`,
  );
  return `| alert | severity | what it means, and what to do |\n|---|---|---|\n${rows.join("\n")}\n`;
}

function groups(): unknown[] {
  const rules = Object.entries(ALERTS).map(([alert, one]: [string, Alert]) => ({
    alert,
    expr: one.expr,
    for: one.for,
    labels: { severity: one.severity },
    annotations: { summary: one.summary, runbook: withoutLinks(one.runbook) },
  }));
  return [{ name: "sandgate", rules }];
}

/** Links lead from the guide, and whoever gets the alert does not have it before him. */
function withoutLinks(text: string): string {
  return text.replaceAll(/\[([^\]]+)\]\(\.\.\/([^)]+)\)/g, "$1 (docs/$2)");
}

function yaml(document: unknown, comment: string): string {
  return `# ${comment}\n# Made from scripts/monitoring/alerts.ts: node scripts/with-node.mjs scripts/monitoring/main.ts\n${stringify(document, { lineWidth: 0 })}`;
}
