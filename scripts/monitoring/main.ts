/**
 * Dashboard and alert rules, made from their tables: `node scripts/with-node.mjs scripts/monitoring/main.ts` writes them, and a
 * test fails where a file says something else.
 */
import { mkdirSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { alertRules, prometheusRule } from "./alert-rules.ts";
import { dashboard } from "./dashboard.ts";

const deploy = join(import.meta.dirname, "..", "..", "deploy");
const CHART = join("helm", "sandgate", "files");

/** Every made file by its path in deploy/. The chart has copies, since it is packed without what is around it. */
export function monitoringFiles(): Readonly<Record<string, string>> {
  return {
    [join("prometheus", "alerts.yaml")]: alertRules(),
    [join("prometheus", "prometheus-rule.yaml")]: prometheusRule(),
    [join("grafana", "sandgate.json")]: dashboard(),
    [join(CHART, "alerts.yaml")]: alertRules(),
    [join(CHART, "dashboard.json")]: dashboard(),
  };
}

if (import.meta.main) {
  for (const [path, text] of Object.entries(monitoringFiles())) {
    mkdirSync(dirname(join(deploy, path)), { recursive: true });
    writeFileSync(join(deploy, path), text);
  }
}
