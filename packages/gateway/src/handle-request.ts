import { randomUUID } from "node:crypto";
import type { IncomingMessage, ServerResponse } from "node:http";
import type { BlockList } from "node:net";
import type { Duplex } from "node:stream";
import {
  isSandgateError,
  routerStatusOf,
  SandgateError,
  type GatewayConfig,
  type Logger,
} from "@sandgate/contract";
import { answerOpenly, answerOwn } from "./answers/answer-own.ts";
import { redirectToOrigin } from "./answers/redirect-to-origin.ts";
import {
  renderDetail,
  renderProblem,
  sendError,
  sendErrorOnSocket,
  type RenderedError,
} from "./answers/send-error.ts";
import type { ApiKeys } from "./auth/api-keys.ts";
import type { DialMode } from "./dial/dial-mode.ts";
import { dialTarget } from "./dial/dial-target.ts";
import type { Forwarder, ForwardRequest } from "./forward/forwarder.ts";
import type { RouteSource } from "./route-source.ts";
import { resolveAddress, type Addressed, type Entry } from "./steps/address.ts";
import { awaitRoute } from "./steps/await-route.ts";
import { authenticate, type Caller } from "./steps/caller.ts";
import { checkSite, type SiteRules } from "./steps/check-site.ts";
import { decide, decideNamed } from "./steps/decide.ts";
import type { Observe } from "./steps/observe.ts";
import { parseHead, type Head } from "./steps/parse-head.ts";
import { prepare, type SandboxAddressed } from "./steps/prepare.ts";

/** What handling takes, the same for every listener. */
export interface HandlerParts {
  config: GatewayConfig;
  source: RouteSource;
  /** Null where everybody is let in. */
  keys: ApiKeys | null;
  rules: SiteRules;
  trusted: BlockList;
  dialMode: DialMode;
  forwarder: Forwarder;
  observe: Observe;
  logger: Logger;
  state: HandlerState;
}

export interface HandlerState {
  inFlight: number;
  draining: boolean;
  /** Of each request under way, what answers it when its time is over. */
  giveUps: Set<() => void>;
}

export interface Handler {
  request(request: IncomingMessage, response: ServerResponse): Promise<void>;
  upgrade(request: IncomingMessage, socket: Duplex, first: Buffer): Promise<void>;
  /** What is refused before it is a request. */
  refuse(socket: Duplex, error: SandgateError): void;
}

/** What is known of a request so far, for its log line and for the shape of an error. */
interface Seen {
  requestId: string;
  began: number;
  head: Head | null;
  addressed: Addressed | null;
  caller: Caller | null;
  sandbox: string | null;
  /** Bytes of the request may have reached the sandbox. */
  reached: boolean;
  /** One of the pages that need no key. */
  probe: boolean;
}

/** The row of steps for one listener: parse head, address, check site, caller, decide, forward, observe. Each is a file. */
export function createHandler(entry: Entry, parts: HandlerParts): Handler {
  const { config, source, forwarder, state } = parts;

  /** The row up to the address and the caller, the same for requests and upgrades. */
  function addressOf(request: IncomingMessage, seen: Seen): { head: Head; addressed: Addressed } {
    const head = (seen.head = parseHead(request));
    const addressed = (seen.addressed = resolveAddress(head, request.headers, entry));
    return { head, addressed };
  }

  function callerOf(request: IncomingMessage, head: Head, seen: Seen): Caller {
    checkSite(request, head, parts.rules);
    return (seen.caller = authenticate(request.headers, parts.keys));
  }

  /** From the caller to the request as it is forwarded. */
  async function decideAbout(
    request: IncomingMessage,
    head: Head,
    addressed: SandboxAddressed,
    caller: Caller,
    seen: Seen,
    gone: AbortSignal,
  ): Promise<ForwardRequest> {
    const { routes, health } = source;
    const options = { synced: health.synced, sandboxPort: config.sandboxPort };
    if (addressed.form === "header" && options.synced) await awaitRoute(routes, addressed, caller, gone);
    const decision =
      addressed.form === "header"
        ? decideNamed(caller, addressed, routes, options)
        : decide(caller, addressed, routes, options);
    const target = dialTarget(parts.dialMode, decision.route, decision);
    const call = prepare(request, head, addressed, caller, decision, target, seen.requestId, {
      trusted: parts.trusted,
      routerTimeoutCapMs: config.routerTimeoutCapMs,
    });
    seen.sandbox = call.name;
    seen.reached = true;
    return call;
  }

  /** On the router's listener all but the host form speaks upstream's shape. */
  function render(error: SandgateError, seen: Seen | null): RenderedError {
    const addressed = seen?.addressed ?? null;
    if (entry === "gateway" || addressed?.form === "host")
      return renderProblem(error, seen?.head?.document === true);
    const status = routerStatusOf(error.code, seen?.head?.method ?? "GET", seen?.reached === true);
    return renderDetail(error, status, addressed?.form === "header" ? addressed.sandbox : undefined);
  }

  function observed(request: IncomingMessage, seen: Seen, status: number, error: string | null): void {
    parts.observe({
      requestId: seen.requestId,
      entry,
      client: (request.socket.remoteAddress ?? "").replace(/^::ffff:/, ""),
      method: request.method ?? "",
      target: request.url ?? "",
      status,
      error,
      caller: seen.caller?.id ?? null,
      sandbox: seen.sandbox,
      durationMs: performance.now() - seen.began,
      probe: seen.probe,
    });
  }

  function failureOf(error: unknown): SandgateError {
    if (isSandgateError(error)) return error;
    parts.logger.error("a request failed by a defect", {
      error: error instanceof Error ? error.stack : String(error),
    });
    return new SandgateError("INTERNAL", "The gateway failed on this request.", { cause: error });
  }

  return {
    async request(request, response) {
      const seen = see();
      let code: string | null = null;
      const gone = new AbortController();
      // A connection that is cut makes some clients send the same again. So whoever still waits for an answer gets one.
      const giveUp = (): void => {
        const failure = new SandgateError("BROKEN", "The gateway had to end before the sandbox answered.");
        code = failure.code;
        if (!response.headersSent) sendError(response, render(failure, seen));
      };
      state.giveUps.add(giveUp);
      response.once("close", () => {
        gone.abort();
        state.giveUps.delete(giveUp);
      });
      state.inFlight++;
      try {
        if (state.draining) response.setHeader("Connection", "close");
        const { head, addressed } = addressOf(request, seen);
        // Load balancers ask under any name; the answer holds a count and no more.
        if (addressed.form === "own" && answerOpenly(addressed.path, response, source, state.draining)) {
          seen.probe = true;
          return;
        }
        const caller = callerOf(request, head, seen);
        if (addressed.form === "own") {
          answerOwn(addressed.path, caller, response, source, config.sandboxPort);
          return;
        }
        if (addressed.form === "path" && head.document && !config.pathModePages) {
          redirectToOrigin(request, response, addressed);
          return;
        }
        await forwarder.forward(
          await decideAbout(request, head, addressed, caller, seen, gone.signal),
          response,
        );
      } catch (error) {
        const failure = failureOf(error);
        code ??= failure.code;
        sendError(response, render(failure, seen));
      } finally {
        state.inFlight--;
        observed(request, seen, response.statusCode, code);
      }
    },

    async upgrade(request, socket, first) {
      const seen = see();
      let status = 101;
      let code: string | null = null;
      const gone = new AbortController();
      socket.once("close", () => gone.abort());
      socket.on("error", () => socket.destroy());
      state.inFlight++;
      try {
        const { head, addressed } = addressOf(request, seen);
        const caller = callerOf(request, head, seen);
        if (addressed.form === "own")
          throw new SandgateError("ROUTE_NOT_FOUND", `Nothing at ${addressed.path} takes an upgrade.`);
        const call = await decideAbout(request, head, addressed, caller, seen, gone.signal);
        ({ status } = await forwarder.upgrade(call, socket, first));
      } catch (error) {
        const failure = failureOf(error);
        const rendered = render(failure, seen);
        code = failure.code;
        status = rendered.status;
        sendErrorOnSocket(socket, rendered);
      } finally {
        state.inFlight--;
        observed(request, seen, status, code);
      }
    },

    refuse: (socket, error) => sendErrorOnSocket(socket, render(error, null)),
  };
}

function see(): Seen {
  return {
    requestId: randomUUID(),
    began: performance.now(),
    head: null,
    addressed: null,
    caller: null,
    sandbox: null,
    reached: false,
    probe: false,
  };
}
