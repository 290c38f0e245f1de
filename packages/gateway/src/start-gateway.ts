import { once } from "node:events";
import { createServer as createHttpServer, type Server as HttpServer } from "node:http";
import type { Server } from "node:net";
import { Server as TlsServer } from "node:tls";
import { silentLogger, type GatewayConfig, type Logger } from "@sandgate/contract";
import { openApiKeys } from "./auth/api-keys.ts";
import { checkSafety } from "./check-safety.ts";
import type { DialMode } from "./dial/dial-mode.ts";
import { createListener, type Listener } from "./engine/listener.ts";
import { canTakeOver } from "./engine/net/can-take-over.ts";
import type { OpenTunnel } from "./engine/upstream/open-tunnel.ts";
import { UpstreamPool } from "./engine/upstream/upstream-pool.ts";
import type { ExchangeHandler } from "./engine/engine-parts.ts";
import { createHandler, type HandlerParts, type HandlerState } from "./handle-request.ts";
import { listen } from "./listen.ts";
import { createMetrics, type Metrics } from "./metrics.ts";
import type { RouteSource } from "./route-source.ts";
import { siteRulesOf, trustedProxiesOf } from "./site-rules.ts";
import { StartError } from "./start-error.ts";
import { createSandboxLimit } from "./steps/limit.ts";
import { openCertificates } from "./tls/certificates.ts";
import { createObserver } from "./steps/observe.ts";

export interface Gateway {
  /** Base URL without a trailing slash. */
  readonly url: string;
  /** Of the listener that speaks upstream's router protocol, null without one. */
  readonly routerUrl: string | null;
  /** Of the metrics listener, null without one. */
  readonly metricsUrl: string | null;
  /** How sandboxes are reached. */
  readonly dialMode: DialMode;
  /** Takes no more connections and resolves when requests under way are done, or cut after the drain time. Idempotent. */
  close(): Promise<void>;
}

export interface GatewayOptions {
  config: GatewayConfig;
  source: RouteSource;
  /** Opens tunnels to pods, and is what `auto` takes. Absent: pods are near, `auto` is by their IPs. */
  openTunnel?: OpenTunnel | undefined;
  logger?: Logger;
}

/** What is no key of the configuration. */
const LIMITS = { headBytes: 16 * 1024, headTimeoutMs: 10_000, keepAliveTimeoutMs: 65_000 } as const;

/**
 * Starts a gateway: its listener, where configured the router's and that of metrics.
 *
 * @throws Error with the remedy where the configuration is unsafe or an address cannot be listened on.
 */
export async function startGateway(options: GatewayOptions): Promise<Gateway> {
  const { config, source } = options;
  const logger = options.logger ?? silentLogger;
  checkSafety(config);
  const rules = siteRulesOf(config);
  const trusted = trustedProxiesOf(config.trustedProxies);
  const keys =
    config.apiKeys !== undefined && config.auth !== "none" ? await openApiKeys(config.apiKeys, logger) : null;
  const { openTunnel } = options;
  if (config.dial === "port-forward" && openTunnel === undefined)
    throw new StartError("This gateway has no API server to reach pods through; choose another --dial.");
  const near: DialMode = openTunnel === undefined ? "pod-ip" : "port-forward";
  const dialMode = config.dial === "auto" ? near : config.dial;
  const pool = new UpstreamPool(openTunnel);
  const metrics = createMetrics();
  const observe = createObserver(logger, metrics);
  const state: HandlerState = { inFlight: 0, draining: false };
  const parts: HandlerParts = {
    config,
    source,
    keys,
    rules,
    trusted,
    dialMode,
    observe,
    limit: createSandboxLimit(),
    logger,
    state,
  };

  const certificates =
    config.tlsCert.length + config.tlsKey.length > 0
      ? await openCertificates(config.tlsCert, config.tlsKey, logger)
      : null;
  const takeOver = await canTakeOver();
  if (!takeOver)
    logger.warn("connections cannot be taken over on this Node.js; the gateway is slower by a tenth");
  const listenerFor = (handler: ExchangeHandler): Listener =>
    createListener(
      { handler, pool, state, limits: { ...LIMITS, idleTimeoutMs: config.idleTimeoutMs } },
      takeOver,
      certificates?.options ?? null,
    );
  const main = listenerFor(createHandler("gateway", parts));
  const router = listenerFor(
    createHandler("router", { ...parts, rules: { ...rules, anyHostOffLoopback: true } }),
  );
  const metricsServer = createMetricsServer(metrics, source, state);
  const opened = new Set<Server>();
  async function open(server: Server, host: string, port: number, flag: string): Promise<string> {
    const url = await listen(server, host, port, flag, server instanceof TlsServer ? "https" : "http");
    if (server instanceof TlsServer) certificates?.follow(server);
    opened.add(server);
    return url;
  }
  let closing: Promise<void> | null = null;
  async function close(): Promise<void> {
    state.draining = true;
    const serving = [main, router].filter(({ server }) => opened.has(server));
    await Promise.all(serving.map((listener) => listener.close(config.drainTimeoutMs)));
    if (opened.has(metricsServer)) {
      metricsServer.close().closeAllConnections();
      await once(metricsServer, "close");
    }
    pool.close();
    keys?.close();
    certificates?.close();
  }
  try {
    const { host, port, routerPort, metricsPort } = config;
    return {
      url: await open(main.server, host, port, "--port"),
      routerUrl:
        routerPort === undefined
          ? null
          : await open(router.server, config.routerHost ?? host, routerPort, "--router-port"),
      metricsUrl:
        metricsPort === undefined ? null : await open(metricsServer, host, metricsPort, "--metrics-port"),
      dialMode,
      close: () => (closing ??= close()),
    };
  } catch (error) {
    await close();
    throw error;
  }
}

function createMetricsServer(metrics: Metrics, source: RouteSource, state: { inFlight: number }): HttpServer {
  return createHttpServer((request, response) => {
    if (request.url !== "/metrics") {
      response.writeHead(404).end();
      return;
    }
    const { synced, syncedAtMs } = source.health;
    const sandboxes = source.routes.size;
    const body = metrics.print({ sandboxes, synced, syncedAtMs, inFlight: state.inFlight });
    response.writeHead(200, { "content-type": "text/plain; version=0.0.4" }).end(body);
  });
}
