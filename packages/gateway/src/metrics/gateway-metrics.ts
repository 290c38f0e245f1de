import manifest from "../../package.json" with { type: "json" };
import type { ApiKeys } from "../auth/api-keys.ts";
import { EngineCounters } from "../engine/engine-counters.ts";
import type { ListenerTraffic } from "../engine/listener.ts";
import type { Circuits } from "../engine/upstream/circuit.ts";
import type { UpstreamPool } from "../engine/upstream/upstream-pool.ts";
import type { RouteSource } from "../route-source.ts";
import type { SpanCounts } from "../tracing/span-exporter.ts";
import type { Certificates } from "../tls/certificates.ts";
import { watchProcess, type ProcessMetrics } from "./process-metrics.ts";
import { RequestMetrics } from "./request-metrics.ts";
import type { MetricsSnapshot, Sample } from "./snapshot.ts";

/** The parts of a gateway whose state is looked at when somebody asks. */
export interface MetricsSources {
  readonly source: RouteSource;
  readonly state: { readonly inFlight: number };
  readonly pool: UpstreamPool;
  readonly circuits: Circuits;
  /** By listener. */
  readonly listeners: Readonly<Record<string, ListenerTraffic>>;
  /** Null where none are exported. */
  readonly spans: Readonly<SpanCounts> | null;
  readonly keys: ApiKeys | null;
  readonly certificates: Certificates | null;
}

export interface GatewayMetrics {
  /** For the engine, which always counts: it is less than asking whether it should. */
  readonly engine: EngineCounters;
  /** For the last step; null where nobody can ask for metrics. */
  readonly requests: RequestMetrics | null;
  snapshot(sources: MetricsSources): MetricsSnapshot;
  close(): void;
}

/**
 * The metrics of one thread.
 *
 * @param asked - Somebody can ask for them.
 * @param sandboxes - How many sandboxes are counted each by itself.
 */
export function createGatewayMetrics(asked: boolean, sandboxes: number): GatewayMetrics {
  const engine = new EngineCounters();
  const requests = asked ? new RequestMetrics(sandboxes) : null;
  const ofProcess: ProcessMetrics | null = asked ? watchProcess() : null;
  return {
    engine,
    requests,
    snapshot: (sources) => ({
      ...requests?.snapshot(),
      ...engineSnapshot(engine, sources),
      ...clientSnapshot(sources.listeners),
      ...stateSnapshot(sources),
      ...ofProcess?.snapshot(),
      sandgate_build_info: [{ labels: [manifest.version, process.versions.node], value: 1 }],
    }),
    close: () => ofProcess?.close(),
  };
}

function engineSnapshot(engine: EngineCounters, { pool, circuits }: MetricsSources): MetricsSnapshot {
  const { idle } = pool;
  return {
    sandgate_tunnels_open: byLabel(engine.tunnels),
    sandgate_upstream_connections: byLabel({ busy: pool.open - idle, idle }),
    sandgate_dials_total: one(pool.dials),
    sandgate_dial_failures_total: byLabel(engine.dialFailures),
    sandgate_circuits_open: one(circuits.countOpen(performance.now())),
    sandgate_circuit_openings_total: one(circuits.openings),
    sandgate_redials_total: one(engine.redials),
    sandgate_repeats_total: one(engine.repeats),
  };
}

function clientSnapshot(listeners: MetricsSources["listeners"]): MetricsSnapshot {
  const all = Object.entries(listeners);
  const bytes = all.map(([, listener]) => listener.bytes());
  return {
    sandgate_connections_open: all.map(([name, { open }]) => ({ labels: [name], value: open })),
    sandgate_connections_total: all.map(([name, { accepted }]) => ({ labels: [name], value: accepted })),
    sandgate_connections_refused_total: all.map(([name, { refused }]) => ({
      labels: [name],
      value: refused,
    })),
    sandgate_client_bytes_total: byLabel({
      in: bytes.reduce((sum, one) => sum + one.in, 0),
      out: bytes.reduce((sum, one) => sum + one.out, 0),
    }),
  };
}

function stateSnapshot({ source, state, spans, keys, certificates }: MetricsSources): MetricsSnapshot {
  const { synced, syncedAtMs } = source.health;
  return {
    sandgate_requests_in_flight: one(state.inFlight),
    sandgate_routes: routesByState(source),
    sandgate_routes_synced: one(synced ? 1 : 0),
    sandgate_routes_synced_timestamp_seconds: one(syncedAtMs / 1000),
    sandgate_spans_total: spans === null ? [] : byLabel({ sent: spans.sent, dropped: spans.dropped }),
    sandgate_reloads_total: [
      ...(keys === null ? [] : reloads("api_keys", keys.generation, keys.failures)),
      ...(certificates === null
        ? []
        : reloads("certificates", certificates.reloads.ok, certificates.reloads.failed)),
    ],
    sandgate_certificate_expiry_timestamp_seconds: (certificates?.expiries() ?? []).map(({ file, atMs }) => ({
      labels: [file],
      value: atMs / 1000,
    })),
  };
}

function routesByState({ routes }: RouteSource): Sample[] {
  const counts: Record<string, number> = {};
  for (const { state } of routes.list()) counts[state] = (counts[state] ?? 0) + 1;
  return byLabel(counts);
}

function reloads(what: string, ok: number, failed: number): Sample[] {
  return [
    { labels: [what, "ok"], value: ok },
    { labels: [what, "failed"], value: failed },
  ];
}

function byLabel(counts: Readonly<Record<string, number>>): Sample[] {
  return Object.entries(counts).map(([label, value]) => ({ labels: [label], value }));
}

function one(value: number): Sample[] {
  return [{ labels: [], value }];
}
