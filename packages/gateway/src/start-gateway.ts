import { randomUUID } from "node:crypto";
import { once } from "node:events";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import { isIP } from "node:net";
import type { Duplex } from "node:stream";
import {
  isSandgateError,
  printHost,
  printPrefix,
  SandgateError,
  silentLogger,
  type GatewayConfig,
  type Logger,
} from "@sandgate/contract";
import type { SandboxWatchHealth } from "@sandgate/kube";
import { healthOf, listSandboxes } from "./answers/own-pages.ts";
import { sendProblem, sendProblemOnSocket } from "./answers/send-problem.ts";
import { openApiKeys } from "./auth/api-keys.ts";
import type { Forwarder, ForwardRequest } from "./forward/forwarder.ts";
import { createHttpForwarder } from "./forward/http-forwarder.ts";
import { requestHeaders } from "./forward/request-headers.ts";
import { isLoopback } from "./is-loopback.ts";
import { checkSafety } from "./check-safety.ts";
import { listen } from "./listen.ts";
import { createMetrics } from "./metrics.ts";
import type { RouteTable } from "./routes/route-table.ts";
import { siteRulesOf, trustedProxiesOf } from "./site-rules.ts";
import { LOCAL_BASE_DOMAIN, resolveAddress, type Addressed } from "./steps/address.ts";
import { authenticate, type Caller } from "./steps/caller.ts";
import { checkSite } from "./steps/check-site.ts";
import { decide } from "./steps/decide.ts";
import { createObserver } from "./steps/observe.ts";
import { parseHead, type Head } from "./steps/parse-head.ts";

/** Where routes come from. */
export interface RouteSource {
  readonly routes: RouteTable;
  readonly health: SandboxWatchHealth;
}

export interface Gateway {
  /** Base URL without a trailing slash. */
  readonly url: string;
  /** Of the metrics listener, null without one. */
  readonly metricsUrl: string | null;
  /** Takes no more connections and resolves when requests under way are done, or cut after the drain time. Idempotent. */
  close(): Promise<void>;
}

export interface GatewayOptions {
  config: GatewayConfig;
  source: RouteSource;
  logger?: Logger;
}

const HEAD_TIMEOUT_MS = 10_000;
const HEAD_BYTES = 16 * 1024;

/**
 * Starts a gateway. A request is a row of steps, each a file: parse head, check site, address, caller, decide, forward,
 * observe.
 *
 * @throws Error with the remedy where the configuration is unsafe or the address cannot be listened on.
 */
export async function startGateway(options: GatewayOptions): Promise<Gateway> {
  const { config, source } = options;
  const logger = options.logger ?? silentLogger;
  checkSafety(config);
  const rules = siteRulesOf(config);
  const trusted = trustedProxiesOf(config.trustedProxies);
  const keys =
    config.apiKeys !== undefined && config.auth !== "none" ? await openApiKeys(config.apiKeys, logger) : null;
  const forwarder: Forwarder = createHttpForwarder(config);
  const metrics = createMetrics();
  const observe = createObserver(logger, metrics);
  let inFlight = 0;
  let draining = false;

  function prepare(
    request: IncomingMessage,
    head: Head,
    addressed: Addressed & { form: "path" | "host" },
    caller: Caller,
    requestId: string,
  ): ForwardRequest {
    const { target } = decide(caller, addressed, source.routes, {
      synced: source.health.synced,
      sandboxPort: config.sandboxPort,
    });
    const peer = (request.socket.remoteAddress ?? "").replace(/^::ffff:/, "");
    const headers = requestHeaders(request, {
      clientAddress: peer,
      proto: "http",
      host: head.host,
      prefix: addressed.form === "path" ? printPrefix(addressed) : undefined,
      trusted: trusted.check(peer, isIP(peer) === 6 ? "ipv6" : "ipv4"),
      dropAuthorization: caller.usedAuthorization,
      requestId,
    });
    return { request, target, path: addressed.rest, headers, name: `${addressed.user}/${addressed.sandbox}` };
  }

  async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const began = performance.now();
    const requestId = randomUUID();
    const seen: { page: boolean; caller: string | null; sandbox: string | null; error: string | null } = {
      page: false,
      caller: null,
      sandbox: null,
      error: null,
    };
    inFlight++;
    try {
      if (draining) response.setHeader("Connection", "close");
      const head = parseHead(request);
      seen.page = head.document;
      const addressed = resolveAddress(head);
      // Load balancers ask under any name; the answer holds a count and no more.
      if (addressed.form === "own" && answerOpenly(addressed.path, response)) return;
      checkSite(request, head, rules);
      const caller = authenticate(request.headers, keys);
      seen.caller = caller.id;
      if (addressed.form === "own") {
        answerOwn(addressed.path, caller, response);
        return;
      }
      seen.sandbox = `${addressed.user}/${addressed.sandbox}`;
      if (addressed.form === "path" && head.document && !config.pathModePages) {
        redirectToOrigin(request, response, addressed);
        return;
      }
      await forwarder.forward(prepare(request, head, addressed, caller, requestId), response);
    } catch (error) {
      const failure = toSandgateError(error, logger);
      seen.error = failure.code;
      sendProblem(response, failure, seen.page);
    } finally {
      inFlight--;
      observe({
        requestId,
        method: request.method ?? "",
        path: (request.url ?? "").split("?", 1)[0] ?? "",
        status: response.statusCode,
        error: seen.error,
        caller: seen.caller,
        sandbox: seen.sandbox,
        durationMs: performance.now() - began,
      });
    }
  }

  async function answerUpgrade(request: IncomingMessage, socket: Duplex, first: Buffer): Promise<void> {
    const began = performance.now();
    const requestId = randomUUID();
    let status = 101;
    let code: string | null = null;
    socket.on("error", () => socket.destroy());
    inFlight++;
    try {
      const head = parseHead(request);
      const addressed = resolveAddress(head);
      checkSite(request, head, rules);
      const caller = authenticate(request.headers, keys);
      if (addressed.form === "own")
        throw new SandgateError("ROUTE_NOT_FOUND", `Nothing at ${addressed.path} takes an upgrade.`);
      status = (await forwarder.upgrade(prepare(request, head, addressed, caller, requestId), socket, first))
        .status;
    } catch (error) {
      const failure = toSandgateError(error, logger);
      code = failure.code;
      status = failure.status;
      sendProblemOnSocket(socket, failure);
    } finally {
      inFlight--;
      observe({
        requestId,
        method: request.method ?? "",
        path: (request.url ?? "").split("?", 1)[0] ?? "",
        status,
        error: code,
        caller: null,
        sandbox: null,
        durationMs: performance.now() - began,
      });
    }
  }

  /** The pages that need no key: what they tell is a count and whether all is well. */
  function answerOpenly(path: string, response: ServerResponse): boolean {
    switch (path) {
      case "/health":
        sendJson(response, 200, healthOf(source.routes, source.health, Date.now()));
        return true;
      case "/healthz":
        sendJson(response, 200, { status: "ok" });
        return true;
      case "/readyz": {
        const ready = source.health.synced && !draining;
        sendJson(response, ready ? 200 : 503, {
          status: ready ? "ok" : draining ? "draining" : "not synced",
        });
        return true;
      }
      default:
        return false;
    }
  }

  function answerOwn(path: string, caller: Caller, response: ServerResponse): void {
    if (path !== "/sandboxes") throw new SandgateError("ROUTE_NOT_FOUND", `The gateway has no page ${path}.`);
    sendJson(response, 200, listSandboxes(source.routes, caller, config.sandboxPort));
  }

  function redirectToOrigin(
    request: IncomingMessage,
    response: ServerResponse,
    addressed: Extract<Addressed, { form: "path" | "host" }>,
  ): void {
    const host = printHost(addressed, LOCAL_BASE_DOMAIN);
    const local = (request.socket.localAddress ?? "").replace(/^::ffff:/, "");
    if (host === null || !isLoopback(local)) {
      throw new SandgateError(
        "PAGE_NEEDS_ORIGIN",
        "In path form all sandboxes share one origin, where one's page could act on the others.",
      );
    }
    response
      .writeHead(307, {
        location: `http://${host}:${request.socket.localPort}${addressed.rest}`,
        "cache-control": "no-store",
      })
      .end();
  }

  const server = createServer({
    maxHeaderSize: HEAD_BYTES,
    headersTimeout: HEAD_TIMEOUT_MS,
    requestTimeout: 0,
    keepAliveTimeout: 65_000,
    connectionsCheckingInterval: 5_000,
    noDelay: true,
  });
  const handle = (request: IncomingMessage, response: ServerResponse): void => void answer(request, response);
  server.on("request", handle);
  // The sandbox says whether to go on; until then its client waits.
  server.on("checkContinue", handle);
  server.on("upgrade", (request, socket, first) => void answerUpgrade(request, socket, first));
  server.on("connect", (_request, socket) => {
    sendProblemOnSocket(socket, new SandgateError("METHOD_NOT_ALLOWED", "CONNECT is not passed on."));
  });
  server.on("clientError", (error: NodeJS.ErrnoException, socket: Duplex) => {
    if (error.code === "ECONNRESET" || !socket.writable) socket.destroy();
    else
      sendProblemOnSocket(socket, new SandgateError("REQUEST_MALFORMED", "The request could not be read."));
  });

  const url = await listen(server, config.host, config.port);
  let metricsServer: Server | null = null;
  let metricsUrl: string | null = null;
  if (config.metricsPort !== undefined) {
    metricsServer = createServer((request, response) => {
      if (request.url !== "/metrics") {
        response.writeHead(404).end();
        return;
      }
      const { synced, syncedAtMs } = source.health;
      const body = metrics.print({ sandboxes: source.routes.size, synced, syncedAtMs, inFlight });
      response.writeHead(200, { "content-type": "text/plain; version=0.0.4" }).end(body);
    });
    try {
      metricsUrl = await listen(metricsServer, config.host, config.metricsPort);
    } catch (error) {
      server.close();
      throw error;
    }
  }

  let closing: Promise<void> | null = null;
  async function close(): Promise<void> {
    draining = true;
    const cut = setTimeout(() => server.closeAllConnections(), config.drainTimeoutMs);
    const closed = once(server, "close");
    server.close();
    server.closeIdleConnections();
    await closed;
    clearTimeout(cut);
    forwarder.close();
    keys?.close();
    metricsServer?.close();
    metricsServer?.closeAllConnections();
  }
  return {
    url,
    metricsUrl,
    close: () => (closing ??= close()),
  };
}

function sendJson(response: ServerResponse, status: number, value: unknown): void {
  const body = `${JSON.stringify(value)}\n`;
  response.writeHead(status, {
    "content-type": "application/json",
    "content-length": Buffer.byteLength(body),
    "cache-control": "no-store",
  });
  response.end(body);
}

function toSandgateError(error: unknown, logger: Logger): SandgateError {
  if (isSandgateError(error)) return error;
  logger.error("a request failed by a defect", {
    error: error instanceof Error ? error.stack : String(error),
  });
  return new SandgateError("INTERNAL", "The gateway failed on this request.", { cause: error });
}
