/** Alert rules and dashboard as Prometheus and the chart take them; each alert is provoked, by Prometheus' own evaluation. */
import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { parse, stringify } from "yaml";
import { ALERTS } from "../../scripts/monitoring/alerts.ts";
import { ROWS } from "../../scripts/monitoring/panels.ts";
import { findPromtool } from "../../scripts/promtool.ts";
import { helmTemplate, only, podTemplate } from "./rendered.ts";

const deploy = join(import.meta.dirname, "..", "..", "deploy");
const RULES = join(deploy, "prometheus", "alerts.yaml");
const OPEN = ["auth.mode=none", "userNamespaces=*"];

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "sandgate-rules-"));
});
afterAll(() => {
  rmSync(folder, { recursive: true });
});

function promtool(...args: string[]): { status: number | null; output: string } {
  const path = findPromtool((line) => process.stderr.write(`${line}\n`));
  const { status, stdout, stderr } = spawnSync(path, args, { encoding: "utf8" });
  return { status, output: stdout + stderr };
}

const G = 'job="gateway",instance="a:9090"';
/** A gateway that is well, sampled once a minute for two hours. */
const WELL: Readonly<Record<string, string>> = {
  [`sandgate_build_info{${G},version="0.1.0",node="24.0.0"}`]: "1x120",
  [`sandgate_routes_synced{${G}}`]: "1x120",
  [`sandgate_routes_synced_timestamp_seconds{${G}}`]: "0+60x120",
  [`sandgate_requests_total{${G},code="2xx"}`]: "0+6000x120",
  [`sandgate_requests_total{${G},code="5xx"}`]: "0+6x120",
  [`sandgate_errors_total{${G},error="INTERNAL"}`]: "0x120",
  [`sandgate_errors_total{${G},error="SANDBOX_BUSY"}`]: "0x120",
  [`sandgate_dials_total{${G}}`]: "0+60x120",
  [`sandgate_dial_failures_total{${G},reason="timeout"}`]: "0+1x120",
  [`sandgate_circuits_open{${G}}`]: "0x120",
  [`nodejs_eventloop_lag_p99_seconds{${G}}`]: "0.002x120",
  [`process_cpu_user_seconds_total{${G}}`]: "0+30x120",
  [`sandgate_worker_restarts_total{${G}}`]: "0x120",
  [`sandgate_reloads_total{${G},what="api_keys",result="failed"}`]: "0x120",
  [`sandgate_certificate_expiry_timestamp_seconds{${G},file="/tls/tls.crt"}`]: "8640000x120",
  [`sandgate_routes{${G},state="Conflict"}`]: "0x120",
};

/** What each alert is provoked by: series that are otherwise than of a gateway that is well; undefined takes one away. */
const PROVOKED: Readonly<Record<keyof typeof ALERTS, Readonly<Record<string, string | undefined>>>> = {
  SandgateAbsent: { [`sandgate_build_info{${G},version="0.1.0",node="24.0.0"}`]: undefined },
  SandgateNotSynced: { [`sandgate_routes_synced{${G}}`]: "0x120" },
  SandgateRoutesStale: { [`sandgate_routes_synced_timestamp_seconds{${G}}`]: "0+60x30 1800x90" },
  SandgateErrors: { [`sandgate_requests_total{${G},code="5xx"}`]: "0+600x120" },
  SandgateDefect: { [`sandgate_errors_total{${G},error="INTERNAL"}`]: "0x110 1x10" },
  SandgateDialFailures: { [`sandgate_dial_failures_total{${G},reason="timeout"}`]: "0+30x120" },
  SandgateCircuitsOpen: { [`sandgate_circuits_open{${G}}`]: "3x120" },
  SandgateBusy: { [`sandgate_errors_total{${G},error="SANDBOX_BUSY"}`]: "0+1x120" },
  SandgateSaturated: {
    [`nodejs_eventloop_lag_p99_seconds{${G}}`]: "0.3x120",
    [`process_cpu_user_seconds_total{${G}}`]: "0+55x120",
  },
  SandgateWorkersEnd: { [`sandgate_worker_restarts_total{${G}}`]: "0x100 1x5 3x15" },
  SandgateReloadFailed: {
    [`sandgate_reloads_total{${G},what="api_keys",result="failed"}`]: "0x100 1x20",
  },
  SandgateCertificateExpires: {
    [`sandgate_certificate_expiry_timestamp_seconds{${G},file="/tls/tls.crt"}`]: "500000x120",
  },
  SandgateAddressConflict: { [`sandgate_routes{${G},state="Conflict"}`]: "2x120" },
};

/** The alerts that fire after two hours of such series. */
function firing(changes: Readonly<Record<string, string | undefined>>): string[] {
  const series = Object.entries({ ...WELL, ...changes }).flatMap(([name, values]) =>
    values === undefined ? [] : [{ series: name, values }],
  );
  // What is expected is nothing, so that promtool tells of everything that fires.
  const file = join(folder, "test.yaml");
  writeFileSync(
    file,
    stringify({
      rule_files: [RULES],
      evaluation_interval: "1m",
      tests: [
        {
          interval: "1m",
          input_series: series,
          alert_rule_test: Object.keys(ALERTS).map((alertname) => ({
            eval_time: "2h",
            alertname,
            exp_alerts: [],
          })),
        },
      ],
    }),
  );
  const { status, output } = promtool("test", "rules", file);
  const names = [...new Set([...output.matchAll(/alertname: (\w+)/g)].map(([, name = ""]) => name))].sort();
  if (status !== (names.length === 0 ? 0 : 1)) throw new Error(output);
  return names;
}

describe("the alert rules", () => {
  it("are rules to Prometheus, every expression and every text of them", () => {
    expect(promtool("check", "rules", "--lint=all", "--lint-fatal", RULES)).toMatchObject({ status: 0 });
  });

  it("let a gateway that is well alone", () => {
    expect(firing({})).toEqual([]);
  });

  it("take a refused connection for no failure of the network", () => {
    expect(firing({ [`sandgate_dial_failures_total{${G},reason="refused"}`]: "0+50x120" })).toEqual([]);
  });

  it.each(Object.entries(PROVOKED))("have %s fire when it is so, and no other", (name, changes) => {
    expect(firing(changes)).toEqual([name]);
  });
});

describe("the dashboard", () => {
  it("asks what Prometheus understands", () => {
    const queries = Object.values(ROWS).flatMap((panels) =>
      panels.flatMap((panel) => Object.values(panel.queries)),
    );
    const rules = queries.map((query, at) => ({
      record: `query:${at}`,
      expr: query.replaceAll("$__rate_interval", "5m").replaceAll(/\$(?:job|instance|user)\b/g, ".*"),
    }));
    const file = join(folder, "queries.yaml");
    writeFileSync(file, stringify({ groups: [{ name: "dashboard", rules }] }));
    expect(promtool("check", "rules", file)).toMatchObject({ status: 0 });
  });
});

describe("the chart", () => {
  it("brings the same rules and the same dashboard", () => {
    const manifests = helmTemplate(
      ...OPEN,
      "metrics.prometheusRule.enabled=true",
      "metrics.dashboard.enabled=true",
    );
    const rule = only(manifests, "PrometheusRule");
    expect(rule.spec).toEqual(parse(readFileSync(RULES, "utf8")));
    const board = only(manifests, "ConfigMap", "sandgate-dashboard");
    expect(board.metadata.labels).toMatchObject({ grafana_dashboard: "1" });
    expect(board.data?.["sandgate.json"]).toBe(
      readFileSync(join(deploy, "grafana", "sandgate.json"), "utf8"),
    );
  });

  it.each(["sandgate-gateway", "sandgate-router"])(
    "has a ServiceMonitor find the port of %s's metrics",
    (name) => {
      const manifests = helmTemplate(...OPEN, "metrics.serviceMonitor.enabled=true", "router.enabled=true");
      const monitor = only(manifests, "ServiceMonitor", name).spec as {
        selector: { matchLabels: Record<string, string> };
        endpoints: { port: string }[];
      };
      const service = only(manifests, "Service", `${name}-metrics`);
      expect(service.metadata.namespace).toBe(only(manifests, "ServiceMonitor", name).metadata.namespace);
      expect(service.metadata.labels).toMatchObject(monitor.selector.matchLabels);
      const { selector, ports } = service.spec as {
        selector: Record<string, string>;
        ports: { name: string; targetPort: string }[];
      };
      expect(monitor.endpoints.map(({ port }) => port)).toEqual(ports.map(({ name }) => name));
      const pod = podTemplate(only(manifests, "Deployment", name));
      expect(pod.metadata.labels).toMatchObject(selector);
      const config = parse(only(manifests, "ConfigMap", name).data?.["config.yaml"] ?? "") as {
        metricsPort: number;
      };
      const port = pod.spec.containers[0]?.ports?.find(({ name }) => name === ports[0]?.targetPort);
      expect(port?.containerPort).toBe(config.metricsPort);
      const policy = only(manifests, "NetworkPolicy", name).spec as {
        ingress: { ports: unknown[]; from?: unknown }[];
      };
      expect(policy.ingress).toContainEqual({
        ports: [{ port: "metrics" }],
        from: [{ namespaceSelector: { matchLabels: { "sandgate.dev/metrics": "true" } } }],
      });
    },
  );
});
