/** What a panel shows. */
export interface Panel {
  readonly title: string;
  /** What a reader has to know to read it; empty where the title says it. */
  readonly about?: string;
  /** Grafana's name of the unit. */
  readonly unit: "reqps" | "s" | "percentunit" | "short" | "Bps" | "bytes" | "cps";
  readonly kind?: "lines" | "stacked" | "number" | "table";
  /** Queries by their legend. */
  readonly queries: Readonly<Record<string, string>>;
}

/** On every series: which gateway, as chosen above the dashboard. */
const G = 'job=~"$job",instance=~"$instance"';
const RATE = "[$__rate_interval]";

const quantile = (share: number, series: string, by: string): string =>
  `histogram_quantile(${share}, sum by (${by}) (rate(${series}${RATE})))`;

/** Rows of the dashboard, each with its panels. */
export const ROWS: Readonly<Record<string, readonly Panel[]>> = {
  Overview: [
    {
      title: "Requests by class",
      unit: "reqps",
      kind: "stacked",
      queries: { "{{code}}": `sum by (code) (rate(sandgate_requests_total{${G}}${RATE}))` },
    },
    {
      title: "Share of 5xx",
      unit: "percentunit",
      queries: {
        "5xx": `sum(rate(sandgate_requests_total{${G},code="5xx"}${RATE})) / sum(rate(sandgate_requests_total{${G}}${RATE}))`,
      },
    },
    {
      title: "Time of whole requests",
      about: "Tunnels are not in it.",
      unit: "s",
      queries: {
        p50: quantile(0.5, `sandgate_request_duration_seconds_bucket{${G}}`, "le"),
        p99: quantile(0.99, `sandgate_request_duration_seconds_bucket{${G}}`, "le"),
      },
    },
    {
      title: "Requests under way",
      unit: "short",
      queries: { "{{instance}}": `sandgate_requests_in_flight{${G}}` },
    },
  ],
  "By user and sandbox": [
    {
      title: "Requests by user",
      about:
        "Users of the sandboxes with the most requests (metricsSandboxes); without a name: all others together.",
      unit: "reqps",
      queries: {
        "{{user}}": `topk(10, sum by (user) (rate(sandgate_sandbox_requests_total{${G},user=~"$user"}${RATE})))`,
      },
    },
    {
      title: "Requests by sandbox",
      unit: "reqps",
      queries: {
        "{{user}}/{{sandbox}}": `topk(10, sum by (user, sandbox) (rate(sandgate_sandbox_requests_total{${G},user=~"$user"}${RATE})))`,
      },
    },
    {
      title: "5xx by sandbox",
      unit: "reqps",
      queries: {
        "{{user}}/{{sandbox}}": `topk(10, sum by (user, sandbox) (rate(sandgate_sandbox_requests_total{${G},user=~"$user",code="5xx"}${RATE})))`,
      },
    },
    {
      title: "Requests by user and class",
      unit: "reqps",
      kind: "table",
      queries: {
        "": `sum by (user, code) (rate(sandgate_sandbox_requests_total{${G},user=~"$user"}[5m])) > 0`,
      },
    },
  ],
  "Time by phase": (["decide", "connect", "first_byte"] as const).map((phase) => ({
    title: { decide: "Decide", connect: "Connect", first_byte: "First byte" }[phase],
    about: {
      decide:
        "Address, caller and decision; in router mode also the wait for a sandbox that is not known yet.",
      connect: "New connections to sandboxes; kept ones have none.",
      first_byte: "From the connection to the head of the sandbox's answer: its own time, nearly all of it.",
    }[phase],
    unit: "s" as const,
    queries: Object.fromEntries(
      [0.5, 0.9, 0.99].map((share) => [
        `p${share * 100}`,
        quantile(share, `sandgate_phase_duration_seconds_bucket{${G},phase="${phase}"}`, "le"),
      ]),
    ),
  })),
  Errors: [
    {
      title: "Errors by code",
      about: "Answers of the gateway's own, and clients who left (CLIENT_GONE).",
      unit: "cps",
      kind: "stacked",
      queries: { "{{error}}": `sum by (error) (rate(sandgate_errors_total{${G}}${RATE})) > 0` },
    },
    {
      title: "Dial failures by reason",
      unit: "cps",
      queries: { "{{reason}}": `sum by (reason) (rate(sandgate_dial_failures_total{${G}}${RATE}))` },
    },
    {
      title: "Requests sent once more, addresses left alone",
      unit: "short",
      queries: {
        "dialled once more a second": `sum(rate(sandgate_redials_total{${G}}${RATE}))`,
        "sent once more a second": `sum(rate(sandgate_repeats_total{${G}}${RATE}))`,
        "addresses left alone": `sum(sandgate_circuits_open{${G}})`,
        "of these new a second": `sum(rate(sandgate_circuit_openings_total{${G}}${RATE}))`,
      },
    },
  ],
  "Tunnels and connections": [
    {
      title: "Tunnels open",
      unit: "short",
      kind: "stacked",
      queries: { "{{protocol}}": `sum by (protocol) (sandgate_tunnels_open{${G}})` },
    },
    {
      title: "How long tunnels were open",
      unit: "s",
      queries: {
        p50: quantile(0.5, `sandgate_tunnel_duration_seconds_bucket{${G}}`, "le"),
        p90: quantile(0.9, `sandgate_tunnel_duration_seconds_bucket{${G}}`, "le"),
      },
    },
    {
      title: "Clients' connections",
      unit: "short",
      queries: {
        "open: {{listener}}": `sum by (listener) (sandgate_connections_open{${G}})`,
        "refused a second: {{listener}}": `sum by (listener) (rate(sandgate_connections_refused_total{${G}}${RATE}))`,
        "new a second: {{listener}}": `sum by (listener) (rate(sandgate_connections_total{${G}}${RATE}))`,
      },
    },
    {
      title: "Connections to sandboxes",
      unit: "short",
      queries: {
        "{{state}}": `sum by (state) (sandgate_upstream_connections{${G}})`,
        "begun a second": `sum(rate(sandgate_dials_total{${G}}${RATE}))`,
      },
    },
    {
      title: "Bytes of clients",
      unit: "Bps",
      queries: { "{{direction}}": `sum by (direction) (rate(sandgate_client_bytes_total{${G}}${RATE}))` },
    },
  ],
  "What it knows": [
    {
      title: "Sandboxes by state",
      about: "As the gateway that knows the most has them.",
      unit: "short",
      kind: "stacked",
      queries: { "{{state}}": `max by (state) (sandgate_routes{${G}})` },
    },
    {
      title: "Age of the newest news",
      about: "An idle API server is heard of once a minute.",
      unit: "s",
      queries: { "{{instance}}": `time() - sandgate_routes_synced_timestamp_seconds{${G}}` },
    },
    {
      title: "Gateways that know the sandboxes",
      unit: "short",
      kind: "number",
      queries: { "": `sum(sandgate_routes_synced{${G}})` },
    },
    {
      title: "Certificates end in",
      unit: "s",
      kind: "number",
      queries: { "{{file}}": `min by (file) (sandgate_certificate_expiry_timestamp_seconds{${G}} - time())` },
    },
    {
      title: "Files read again",
      unit: "short",
      queries: {
        "{{what}} {{result}}": `sum by (what, result) (increase(sandgate_reloads_total{${G}}${RATE}))`,
      },
    },
  ],
  Process: [
    {
      title: "Processor",
      about: "1 is a whole core.",
      unit: "short",
      queries: {
        "{{instance}}": `rate(process_cpu_user_seconds_total{${G}}${RATE}) + rate(process_cpu_system_seconds_total{${G}}${RATE})`,
      },
    },
    {
      title: "Event loop is late by (p99)",
      about: "What other requests add to each. Tens of milliseconds say that one core is not enough.",
      unit: "s",
      queries: { "{{instance}}": `nodejs_eventloop_lag_p99_seconds{${G}}` },
    },
    {
      title: "Memory",
      unit: "bytes",
      queries: {
        "{{instance}}": `process_resident_memory_bytes{${G}}`,
        "{{instance}}: objects": `nodejs_heap_size_used_bytes{${G}}`,
      },
    },
    {
      title: "Threads and their restarts",
      about: "With --workers.",
      unit: "short",
      queries: {
        "{{instance}}": `sandgate_workers{${G}}`,
        "{{instance}}: restarts": `increase(sandgate_worker_restarts_total{${G}}${RATE})`,
      },
    },
    {
      title: "Spans of traces",
      about: "With --otlp-endpoint.",
      unit: "short",
      queries: { "{{result}}": `sum by (result) (rate(sandgate_spans_total{${G}}${RATE}))` },
    },
    {
      title: "Up for",
      unit: "s",
      kind: "number",
      queries: { "{{instance}}": `time() - process_start_time_seconds{${G}}` },
    },
    {
      title: "Versions",
      unit: "short",
      kind: "table",
      queries: { "": `count by (version, node) (sandgate_build_info{${G}})` },
    },
  ],
};
