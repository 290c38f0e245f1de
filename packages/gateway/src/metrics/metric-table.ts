/** How the values of several threads become one. */
export type Merge = "sum" | "most" | "least";

/** What one metric is. Name, help and labels are what a dashboard and an alert rule build on, and change only with a release note. */
export interface MetricEntry {
  readonly type: "counter" | "gauge" | "histogram";
  readonly help: string;
  /** Names of its labels, in the order of their values. */
  readonly labels: readonly string[];
  /** Absent: their sum. */
  readonly merge?: Merge;
}

/**
 * Every metric of the gateway. The one table: the page at /metrics and docs/reference/metrics.md are made from it, and the
 * dashboard and the alert rules are held to it. Values of labels are bounded: a status's class, a code of the error catalogue,
 * a file of the configuration; sandboxes by `metricsSandboxes`.
 */
export const METRICS = {
  sandgate_requests_total: {
    type: "counter",
    help: "Requests that have ended, by class of status; 1xx are those that became a tunnel, 4xx holds clients who left (499).",
    labels: ["code"],
  },
  sandgate_sandbox_requests_total: {
    type: "counter",
    help: "Requests that were let through to a sandbox, by class of status, for the sandboxes with the most of them; those of all others have user empty and sandbox `other`.",
    labels: ["user", "sandbox", "code"],
  },
  sandgate_errors_total: {
    type: "counter",
    help: "Requests that the gateway ended with an error of its own, by its code; CLIENT_GONE for clients who left.",
    labels: ["error"],
  },
  sandgate_request_duration_seconds: {
    type: "histogram",
    help: "Time from the head of a request to the end of its answer. Tunnels are not in it.",
    labels: [],
  },
  sandgate_phase_duration_seconds: {
    type: "histogram",
    help: "Time by phase: `decide` (address, caller, decision), `connect` (a new connection to the sandbox; none for a kept one), `first_byte` (from the connection to the head of the answer).",
    labels: ["phase"],
  },
  sandgate_requests_in_flight: {
    type: "gauge",
    help: "Requests under way, tunnels among them.",
    labels: [],
  },
  sandgate_tunnels_open: {
    type: "gauge",
    help: "Upgraded connections that are open.",
    labels: ["protocol"],
  },
  sandgate_tunnel_duration_seconds: {
    type: "histogram",
    help: "How long upgraded connections were open that have ended.",
    labels: ["protocol"],
  },
  sandgate_client_bytes_total: {
    type: "counter",
    help: "Bytes of clients' connections, heads and all; `in` is from the client.",
    labels: ["direction"],
  },
  sandgate_connections_open: {
    type: "gauge",
    help: "Clients' connections that are open, by listener.",
    labels: ["listener"],
  },
  sandgate_connections_total: {
    type: "counter",
    help: "Clients' connections that were accepted, by listener.",
    labels: ["listener"],
  },
  sandgate_connections_refused_total: {
    type: "counter",
    help: "Clients' connections that were ended at once, because there were too many of them or of their network, by listener.",
    labels: ["listener"],
  },
  sandgate_upstream_connections: {
    type: "gauge",
    help: "Connections to sandboxes, those being opened among them: `busy` with a request or `idle`.",
    labels: ["state"],
  },
  sandgate_dials_total: {
    type: "counter",
    help: "Connections to sandboxes that were begun.",
    labels: [],
  },
  sandgate_dial_failures_total: {
    type: "counter",
    help: "Of these, those that came to nothing: `refused`, `timeout`, `unreachable` (no way to the address), `reset`, `tunnel` (the API server opens none), `other`.",
    labels: ["reason"],
  },
  sandgate_circuits_open: {
    type: "gauge",
    help: "Addresses of pods that are not dialled for now, because dialling them failed.",
    labels: [],
  },
  sandgate_circuit_openings_total: {
    type: "counter",
    help: "How often it came to that.",
    labels: [],
  },
  sandgate_redials_total: {
    type: "counter",
    help: "Connections to sandboxes that could not be made and were tried once more, before anything was sent.",
    labels: [],
  },
  sandgate_repeats_total: {
    type: "counter",
    help: "Requests that were sent once more, on a new connection, because the kept one ended before a byte of the answer.",
    labels: [],
  },
  sandgate_routes: {
    type: "gauge",
    help: "Sandboxes known, by state. `Conflict` are those whose address belongs to another one.",
    labels: ["state"],
    merge: "most",
  },
  sandgate_routes_synced: {
    type: "gauge",
    help: "1 once the sandboxes are known.",
    labels: [],
    merge: "least",
  },
  sandgate_routes_synced_timestamp_seconds: {
    type: "gauge",
    help: "When the newest news of the sandboxes came, as Unix time; 0 before the first.",
    labels: [],
    merge: "least",
  },
  sandgate_reloads_total: {
    type: "counter",
    help: "Files that have changed and were read again: `api_keys` or `certificates`, and whether they could be used (`ok`) or the old ones stay (`failed`).",
    labels: ["what", "result"],
  },
  sandgate_certificate_expiry_timestamp_seconds: {
    type: "gauge",
    help: "When the certificate of that file ends, as Unix time.",
    labels: ["file"],
    merge: "least",
  },
  sandgate_spans_total: {
    type: "counter",
    help: "Spans of recorded traces: `sent` were taken by the collector, `dropped` were not, or found no room to wait for it.",
    labels: ["result"],
  },
  sandgate_workers: {
    type: "gauge",
    help: "Threads that serve, where there are several.",
    labels: [],
  },
  sandgate_worker_restarts_total: {
    type: "counter",
    help: "Threads that were started in the place of one that ended by an error.",
    labels: [],
  },
  sandgate_worker_requests_total: {
    type: "counter",
    help: "Requests that have ended, by the thread that served them.",
    labels: ["worker"],
  },
  sandgate_build_info: {
    type: "gauge",
    help: "1, for the versions that run.",
    labels: ["version", "node"],
    merge: "most",
  },
  process_cpu_user_seconds_total: {
    type: "counter",
    help: "Processor time in user mode.",
    labels: [],
    merge: "most",
  },
  process_cpu_system_seconds_total: {
    type: "counter",
    help: "Processor time in the kernel.",
    labels: [],
    merge: "most",
  },
  process_resident_memory_bytes: { type: "gauge", help: "Resident memory.", labels: [], merge: "most" },
  process_start_time_seconds: {
    type: "gauge",
    help: "When the process started, as Unix time.",
    labels: [],
    merge: "least",
  },
  nodejs_heap_size_used_bytes: { type: "gauge", help: "Memory of JavaScript objects.", labels: [] },
  nodejs_eventloop_lag_p99_seconds: {
    type: "gauge",
    help: "How late timers were since the last look, of a hundred the second worst: what other requests add to each.",
    labels: [],
    merge: "most",
  },
} as const satisfies Record<string, MetricEntry>;

export type MetricName = keyof typeof METRICS;
