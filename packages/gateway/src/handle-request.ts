import type { BlockList } from "node:net";
import {
  isSandgateError,
  routerStatusOf,
  SandgateError,
  type GatewayConfig,
  type Logger,
} from "@sandgate/contract";
import { answerOpenly, answerOwn } from "./answers/answer-own.ts";
import { renderGrpcError } from "./answers/grpc-error.ts";
import { redirectToOrigin } from "./answers/redirect-to-origin.ts";
import { lacksSlash, redirectToSlash } from "./answers/redirect-to-slash.ts";
import { renderDetail, renderProblem } from "./answers/render-error.ts";
import type { ApiKeys } from "./auth/api-keys.ts";
import type { DialMode } from "./dial/dial-mode.ts";
import { dialTarget } from "./dial/dial-target.ts";
import type { Exchange } from "./engine/client/exchange.ts";
import type { ExchangeHandler } from "./engine/engine-parts.ts";
import type { HeaderFields } from "./engine/head/header-fields.ts";
import type { OwnAnswer } from "./engine/exchange-plan.ts";
import type { RequestMetrics } from "./metrics/request-metrics.ts";
import type { RouteSource } from "./route-source.ts";
import { limitBoundsOf } from "./routes/sandbox-limits.ts";
import { resolveAddress, type Addressed, type Entry } from "./steps/address.ts";
import { awaitRoute, isSettled } from "./steps/await-route.ts";
import { authenticate, type Caller } from "./steps/caller.ts";
import { memoryOf } from "./steps/connection-memory.ts";
import { checkSite, type SiteRules } from "./steps/check-site.ts";
import { decide, decideNamed } from "./steps/decide.ts";
import type { Route } from "./routes/route.ts";
import type { SandboxLimit } from "./steps/limit.ts";
import type { Observe } from "./steps/observe.ts";
import { parseHead, type Head } from "./steps/parse-head.ts";
import { prepare, type SandboxAddressed } from "./steps/prepare.ts";
import { requestIdOf } from "./steps/request-id.ts";
import { sendTrace, traceEnd, traceOf } from "./steps/trace.ts";
import type { Trace } from "./tracing/trace.ts";
import type { Tracer } from "./tracing/tracer.ts";

/** What handling takes, the same for every listener. */
export interface HandlerParts {
  config: GatewayConfig;
  source: RouteSource;
  /** Null where everybody is let in. */
  keys: ApiKeys | null;
  rules: SiteRules;
  trusted: BlockList;
  dialMode: DialMode;
  /** Null where nobody can ask for them. */
  metrics: RequestMetrics | null;
  observe: Observe;
  limit: SandboxLimit;
  /** Null where tracing is off. */
  tracer: Tracer | null;
  logger: Logger;
  state: HandlerState;
}

export interface HandlerState {
  inFlight: number;
  draining: boolean;
}

/** What is learned of a request on its way, for its log line and for the shape of an error. */
interface Seen {
  /** Null where tracing is off. */
  trace: Trace | null;
  head: Head | null;
  addressed: Addressed | null;
  caller: Caller | null;
  /** One of the pages that need no key. */
  probe: boolean;
  /** Whose requests under way it is counted with. */
  counted: Route | null;
  /** Ends what the request waits for; null where it waits for nothing. */
  gone: AbortController | null;
}

/** The row of steps for one listener: parse head, address, check site, caller, decide, forward, observe. Each is a file. */
export function createHandler(entry: Entry, parts: HandlerParts): ExchangeHandler {
  const { config, source, state, tracer } = parts;
  const { serverTiming } = config;
  const ownLimits = limitBoundsOf(config).own;

  /** The steps up to the decision; the rest of them at once, or when the sandbox that is named has come. */
  function handle(exchange: Exchange): void {
    state.inFlight++;
    const seen = begin(exchange);
    try {
      const { fields } = exchange.head;
      const memory = memoryOf(exchange.client.peer, parts.trusted);
      if (memory.trusted) exchange.requestId = requestIdOf(fields) ?? exchange.requestId;
      if (tracer !== null) seen.trace = traceOf(fields, tracer, memory.trusted);
      const head = (seen.head = parseHead(exchange.head, memory));
      const addressed = (seen.addressed = resolveAddress(head, fields, entry, config.baseDomain, memory));
      // Load balancers ask under any name or none; the answer holds a count and no more.
      const open = addressed.form === "own" ? answerOpenly(addressed.path, source, state.draining) : null;
      if (open !== null) {
        seen.probe = true;
        exchange.answer(open);
        return;
      }
      if (head.host === "") throw new SandgateError("REQUEST_MALFORMED", "The request has no Host header.");
      checkSite(fields, exchange.client.peer.localAddress, head, parts.rules);
      const caller = (seen.caller = authenticate(fields, parts.keys, memory));
      if (seen.trace !== null && config.traceTrust === "callers") tracer?.decide(seen.trace, true);
      if (addressed.form === "own") {
        exchange.answer(answerOwn(addressed.path, caller, source, config));
      } else if (addressed.form === "path" && head.document && !config.pathModePages) {
        const { localAddress: address, localPort: port } = exchange.client.peer;
        const told = memory.trusted ? fields.value("x-forwarded-proto") : undefined;
        const secure = told === undefined ? exchange.client.peer.secure : told === "https";
        const reached = { address, port, host: head.host, proto: secure ? "https" : "http" } as const;
        exchange.answer(redirectToOrigin(reached, addressed, config.baseDomain));
      } else if (addressed.form === "path" && head.document && lacksSlash(head.target, addressed)) {
        exchange.answer(redirectToSlash(addressed));
      } else if (
        addressed.form === "header" &&
        source.health.synced &&
        !isSettled(source.routes, addressed, caller)
      ) {
        seen.gone = new AbortController();
        exchange.keepHead();
        void awaitRoute(source.routes, addressed, caller, seen.gone.signal).then(() => {
          forward(exchange, head, addressed, caller);
        });
      } else forward(exchange, head, addressed, caller);
    } catch (error) {
      exchange.fail(error);
    }
  }

  function forward(exchange: Exchange, head: Head, addressed: SandboxAddressed, caller: Caller): void {
    // The client may have gone while it was waited for.
    if (exchange.over) return;
    try {
      const { routes, health } = source;
      const options = { synced: health.synced, sandboxPort: config.sandboxPort };
      const decision =
        addressed.form === "header"
          ? decideNamed(caller, addressed, routes, options)
          : decide(caller, addressed, routes, options);
      const { route } = decision;
      parts.limit.enter(route, (route.limits ?? ownLimits).maxInFlight);
      const seen = exchange.context as Seen;
      seen.counted = route;
      const { trace } = seen;
      const target = dialTarget(parts.dialMode, route, decision);
      if (trace !== null) sendTrace(trace, tracer!, target);
      exchange.forward(
        prepare(exchange.head, head, addressed, caller, decision, target, {
          peer: exchange.client.peer.remoteAddress,
          requestId: exchange.requestId,
          secure: exchange.client.peer.secure,
          trusted: memoryOf(exchange.client.peer, parts.trusted).trusted,
          routerTimeoutCapMs: config.routerTimeoutCapMs,
          limits: ownLimits,
          trace,
          timing: serverTiming === "always" || (serverTiming === "asked" && asksTiming(exchange.head.fields)),
        }),
      );
    } catch (error) {
      exchange.fail(error);
    }
  }

  /** On the router's listener all but the host form speaks upstream's shape. */
  function render(exchange: Exchange, thrown: unknown): OwnAnswer {
    const error = failureOf(thrown);
    exchange.error = error.code;
    const seen = exchange.context as Seen | null;
    const addressed = seen?.addressed ?? null;
    if (seen?.head?.grpc === true) return renderGrpcError(error);
    if (entry === "gateway" || addressed?.form === "host")
      return renderProblem(error, seen?.head?.document === true, exchange.requestId);
    const status = routerStatusOf(error.code, seen?.head?.method ?? "GET", exchange.reached);
    return renderDetail(error, status, addressed?.form === "header" ? addressed.sandbox : undefined);
  }

  function done(exchange: Exchange): void {
    const seen = exchange.context as Seen | null;
    // What was no request at all is not one in flight either.
    if (seen !== null) state.inFlight--;
    seen?.gone?.abort();
    if (seen !== null && seen.counted !== null) parts.limit.leave(seen.counted);
    const nowMs = performance.now();
    parts.metrics?.ended(exchange, seen?.counted?.sandboxUid ?? null, nowMs);
    parts.observe({
      requestId: exchange.requestId,
      entry,
      client: exchange.client.peer.remoteAddress,
      method: exchange.head.method,
      target: exchange.head.target,
      status: exchange.status,
      error: exchange.error,
      caller: seen?.caller?.id ?? null,
      sandbox: exchange.sandbox,
      durationMs: nowMs - exchange.beganMs,
      bytesIn: exchange.bytesIn,
      bytesOut: exchange.bytesOut,
      probe: seen?.probe === true,
      traceId: seen?.trace?.traceId ?? null,
    });
    if (seen !== null && seen.trace !== null && !seen.probe)
      traceEnd(exchange, seen.trace, tracer!, nowMs, entry, seen);
  }

  function failureOf(error: unknown): SandgateError {
    if (isSandgateError(error)) return error;
    parts.logger.error("a request failed by a defect", {
      error: error instanceof Error ? error.stack : String(error),
    });
    return new SandgateError("INTERNAL", "The gateway failed on this request.", { cause: error });
  }

  return { handle, render, done };
}

/** Of a client that wants to be told how long each part took. */
function asksTiming(fields: HeaderFields): boolean {
  return fields.value("sandgate-timing") === "1";
}

function begin(exchange: Exchange): Seen {
  const seen: Seen = {
    trace: null,
    head: null,
    addressed: null,
    caller: null,
    probe: false,
    counted: null,
    gone: null,
  };
  exchange.context = seen;
  return seen;
}
