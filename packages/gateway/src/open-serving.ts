import type { Server } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import { Server as TlsServer } from "node:tls";
import { silentLogger, type GatewayConfig, type Logger } from "@sandgate/contract";
import { openApiKeys } from "./auth/api-keys.ts";
import type { DialMode } from "./dial/dial-mode.ts";
import { dialModeOf } from "./dial/dial-mode-of.ts";
import { createConnectionLimit } from "./engine/client/connection-limit.ts";
import { HeadSpace } from "./engine/head/request-head.ts";
import { createListener, type Listener } from "./engine/listener.ts";
import { canTakeOver } from "./engine/net/can-take-over.ts";
import type { OpenTunnel } from "./engine/upstream/open-tunnel.ts";
import { Circuits } from "./engine/upstream/circuit.ts";
import { UpstreamPool } from "./engine/upstream/upstream-pool.ts";
import type { ExchangeHandler } from "./engine/engine-parts.ts";
import { createHandler, type HandlerParts, type HandlerState } from "./handle-request.ts";
import { listen, urlOf, type ListenAt } from "./listen.ts";
import { createGatewayMetrics, type MetricsSources } from "./metrics/gateway-metrics.ts";
import type { MetricsSnapshot } from "./metrics/snapshot.ts";
import type { RouteSource } from "./route-source.ts";
import { isTrusted, siteRulesOf, trustedProxiesOf } from "./site-rules.ts";
import { createSandboxLimit } from "./steps/limit.ts";
import { createTracer } from "./tracing/tracer.ts";
import { openCertificates } from "./tls/certificates.ts";
import { createObserver } from "./steps/observe.ts";
import type { SharedLimits } from "./workers/shared-limits.ts";

export interface ServingOptions {
  config: GatewayConfig;
  source: RouteSource;
  /** Opens tunnels to pods, and is what `auto` takes. Absent: pods are near, `auto` is by their IPs. */
  openTunnel?: OpenTunnel | undefined;
  logger?: Logger;
  /** What several threads count together. Absent: this one is all. */
  shared?: SharedLimits;
  /** 48 bytes: what makes a client's TLS session one of all threads. Absent: this one is all. */
  ticketKeys?: Uint8Array;
}

/** What serves requests in one thread. */
export interface Serving {
  /** Its metrics at this moment; plain data, so that those of several threads can be made one by `mergeSnapshots`. */
  snapshot(): MetricsSnapshot;
  readonly state: Readonly<HandlerState>;
  /** How sandboxes are reached. */
  readonly dialMode: DialMode;
  /**
   * Begins to take connections, on the router's listener too where one is configured.
   *
   * @throws StartError with the remedy where an address cannot be listened on.
   */
  listen(gateway: ListenAt, router: ListenAt | null): Promise<{ url: string; routerUrl: string | null }>;
  /** Takes no more connections and resolves when requests under way are done, or cut after the drain time. Idempotent. */
  close(): Promise<void>;
}

/**
 * Reads keys and certificates and makes the listeners; none takes connections before `listen`.
 *
 * @throws StartError with the remedy where a file cannot be read.
 */
export async function openServing(options: ServingOptions): Promise<Serving> {
  const { config, source } = options;
  const logger = options.logger ?? silentLogger;
  const rules = siteRulesOf(config);
  const trusted = trustedProxiesOf(config.trustedProxies);
  const dialMode = dialModeOf(config.dial, options.openTunnel !== undefined);
  const keys =
    config.apiKeys !== undefined && config.auth !== "none" ? await openApiKeys(config.apiKeys, logger) : null;
  const connections = createConnectionLimit({
    most: config.maxConnections,
    mostPerClient: config.maxConnectionsPerClient,
    trusts: (address) => isTrusted(trusted, address),
    logger,
    counters: options.shared?.clientConnections,
  });
  const circuits = new Circuits(logger);
  const pool = new UpstreamPool(options.openTunnel);
  const metrics = createGatewayMetrics(config.metricsPort !== undefined, config.metricsSandboxes);
  const observe = createObserver(logger, {
    share: config.accessLogSample,
    slowMs: config.accessLogSlowMs,
    query: config.accessLogQuery,
  });
  const state: HandlerState = { inFlight: 0, draining: false };
  const tracer = createTracer(config, logger);
  const parts: HandlerParts = {
    config,
    source,
    keys,
    rules,
    trusted,
    dialMode,
    metrics: metrics.requests,
    observe,
    limit: createSandboxLimit(options.shared?.sandboxRequests),
    tracer,
    logger,
    state,
  };

  const certificates =
    config.tlsCert.length + config.tlsKey.length > 0
      ? await openCertificates(config.tlsCert, config.tlsKey, logger, options.ticketKeys).catch((error) => {
          keys?.close();
          throw error;
        })
      : null;
  const takeOver = await canTakeOver();
  if (!takeOver)
    logger.warn("connections cannot be taken over on this Node.js; the gateway is slower by a tenth");
  const { maxHeadBytes, headTimeoutMs, keepAliveTimeoutMs, idleTimeoutMs } = config;
  const limits = { headBytes: maxHeadBytes, headTimeoutMs, keepAliveTimeoutMs, idleTimeoutMs };
  const headSpace = new HeadSpace(config.maxHeaders, config.maxUrlBytes);
  const listenerFor = (handler: ExchangeHandler): Listener =>
    createListener(
      {
        handler,
        headSpace,
        pool,
        connections,
        circuits,
        counters: metrics.engine,
        state,
        limits,
      },
      takeOver,
      certificates?.options ?? null,
    );
  const main = listenerFor(createHandler("gateway", parts));
  const router = listenerFor(
    createHandler("router", { ...parts, rules: { ...rules, anyHostOffLoopback: true } }),
  );
  const opened = new Set<Server>();
  async function open(server: Server, at: ListenAt): Promise<string> {
    const secure = server instanceof TlsServer;
    const address = await listen(server, at);
    if (secure) certificates?.follow(server);
    opened.add(server);
    return urlOf(address, secure ? "https" : "http");
  }
  let closing: Promise<void> | null = null;
  async function close(): Promise<void> {
    state.draining = true;
    const serving = [main, router].filter(({ server }) => opened.has(server));
    if (serving.length > 0 && config.drainDelayMs > 0) await sleep(config.drainDelayMs);
    await Promise.all(serving.map((listener) => listener.close(config.drainTimeoutMs)));
    // The last requests have ended, so their spans are there.
    await tracer?.close();
    pool.close();
    metrics.close();
    keys?.close();
    certificates?.close();
  }
  const listeners = {
    gateway: main.traffic,
    ...(config.routerPort === undefined ? {} : { router: router.traffic }),
  };
  const sources: MetricsSources = {
    source,
    state,
    pool,
    circuits,
    listeners,
    spans: tracer?.counts ?? null,
    keys,
    certificates,
  };
  return {
    snapshot: () => metrics.snapshot(sources),
    state,
    dialMode,
    async listen(gateway, routers) {
      return {
        url: await open(main.server, gateway),
        routerUrl: routers === null ? null : await open(router.server, routers),
      };
    },
    close: () => (closing ??= close()),
  };
}
