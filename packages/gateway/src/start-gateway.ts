import { once } from "node:events";
import { createServer as createHttpServer, type Server } from "node:http";
import { Server as SocketServer } from "node:net";
import { silentLogger, type GatewayConfig, type Logger } from "@sandgate/contract";
import { openApiKeys } from "./auth/api-keys.ts";
import { checkSafety } from "./check-safety.ts";
import { createServer } from "./create-server.ts";
import type { DialMode } from "./dial/dial-mode.ts";
import { createHttpForwarder } from "./forward/http-forwarder.ts";
import type { OpenTunnel } from "./forward/tunnel-agent.ts";
import { createHandler, type HandlerParts, type HandlerState } from "./handle-request.ts";
import { listen } from "./listen.ts";
import { createMetrics, type Metrics } from "./metrics.ts";
import type { RouteSource } from "./route-source.ts";
import { siteRulesOf, trustedProxiesOf } from "./site-rules.ts";
import { StartError } from "./start-error.ts";
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
  const forwarder = createHttpForwarder(config, openTunnel);
  const metrics = createMetrics();
  const observe = createObserver(logger, metrics);
  const state: HandlerState = { inFlight: 0, draining: false, giveUps: new Set() };
  const parts: HandlerParts = {
    config,
    source,
    keys,
    rules,
    trusted,
    dialMode,
    forwarder,
    observe,
    logger,
    state,
  };

  const main = createServer(createHandler("gateway", parts));
  const router = createServer(
    createHandler("router", { ...parts, rules: { ...rules, anyHostOffLoopback: true } }),
  );
  const metricsServer = createMetricsServer(metrics, source, state);
  const servers: Server[] = [];
  async function open(server: Server, host: string, port: number, flag: string): Promise<string> {
    const url = await listen(server, host, port, flag);
    servers.push(server);
    return url;
  }
  let closing: Promise<void> | null = null;
  async function close(): Promise<void> {
    state.draining = true;
    const giveUp = (): void => state.giveUps.forEach((one) => one());
    const serving = servers.filter((server) => server !== metricsServer);
    await Promise.all(serving.map((server) => closeServer(server, config.drainTimeoutMs, giveUp)));
    if (servers.includes(metricsServer)) await closeServer(metricsServer, 0);
    forwarder.close();
    keys?.close();
  }
  try {
    const { host, port, routerPort, metricsPort } = config;
    return {
      url: await open(main, host, port, "--port"),
      routerUrl:
        routerPort === undefined
          ? null
          : await open(router, config.routerHost ?? host, routerPort, "--router-port"),
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

/** How long the last answers get to be sent. */
const LAST_WORD_MS = 200;
/** How long a kept connection may bring one more request: those on their way would meet a connection that is cut. */
const LINGER_MS = 1_000;

/** Takes no more connections, ends what is idle after a moment and the rest after the time. */
async function closeServer(server: Server, drainTimeoutMs: number, giveUp = (): void => {}): Promise<void> {
  const told = setTimeout(giveUp, drainTimeoutMs);
  const ended = setTimeout(() => server.closeAllConnections(), drainTimeoutMs + LAST_WORD_MS);
  const idle = setTimeout(() => server.closeIdleConnections(), Math.min(LINGER_MS, drainTimeoutMs));
  const closed = once(server, "close");
  // The HTTP server's own would cut connections that are idle this moment.
  SocketServer.prototype.close.call(server);
  await closed;
  clearTimeout(idle);
  clearTimeout(told);
  clearTimeout(ended);
}

function createMetricsServer(metrics: Metrics, source: RouteSource, state: { inFlight: number }): Server {
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
