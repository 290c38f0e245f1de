import type { IncomingMessage } from "node:http";
import { isIP, type BlockList } from "node:net";
import { isIdempotent, printPrefix } from "@sandgate/contract";
import type { ForwardRequest } from "../forward/forwarder.ts";
import { requestHeaders } from "../forward/request-headers.ts";
import type { DialTarget } from "../routes/route.ts";
import type { Addressed } from "./address.ts";
import type { Caller } from "./caller.ts";
import type { Decision } from "./decide.ts";
import type { Head } from "./parse-head.ts";

/** An address of a sandbox, in whatever form. */
export type SandboxAddressed = Exclude<Addressed, { form: "own" }>;

export interface PrepareOptions {
  /** Peers whose X-Forwarded-* are believed. */
  trusted: BlockList;
  /** Longest time that X-Sandbox-Timeout may ask for. */
  routerTimeoutCapMs: number;
}

/** Everything that forwarding takes: where its bytes go, the sandbox's path, and headers made for it. */
export function prepare(
  request: IncomingMessage,
  head: Head,
  addressed: SandboxAddressed,
  caller: Caller,
  decision: Decision,
  target: DialTarget,
  requestId: string,
  options: PrepareOptions,
): ForwardRequest {
  const { route } = decision;
  const peer = (request.socket.remoteAddress ?? "").replace(/^::ffff:/, "");
  const byHeaders = addressed.form === "header";
  const headers = requestHeaders(request, {
    clientAddress: peer,
    proto: "http",
    host: head.host,
    prefix: addressed.form === "path" ? printPrefix(addressed) : undefined,
    trusted: options.trusted.check(peer, isIP(peer) === 6 ? "ipv6" : "ipv4"),
    // Programs behind the router know it as upstream made it: called by their own address, without the caller's credentials.
    sandboxHost: byHeaders ? hostOf(decision) : undefined,
    dropAuthorization: byHeaders || caller.usedAuthorization,
    dropOrigin: byHeaders && request.headers.upgrade !== undefined,
    requestId,
  });
  return {
    request,
    target,
    path: addressed.rest,
    headers,
    name: `${route.user}/${route.name}`,
    ...(addressed.form === "header"
      ? {
          firstByteTimeoutMs: patienceOf(addressed.timeoutMs, options.routerTimeoutCapMs),
          ownConnection: !isIdempotent(head.method),
        }
      : {}),
  };
}

/** Share of the client's time that is left for the answer's way back, and its upper bound. */
const MARGIN = 0.1;
const MARGIN_LIMIT_MS = 1_000;

/** A client that gives up by itself sends its command again. So it is answered a little before that. */
function patienceOf(timeoutMs: number | undefined, capMs: number): number | undefined {
  if (timeoutMs === undefined) return undefined;
  const capped = Math.min(timeoutMs, capMs);
  return Math.max(1, Math.round(capped - Math.min(capped * MARGIN, MARGIN_LIMIT_MS)));
}

function hostOf({ host, port }: Decision): string {
  return `${host.includes(":") ? `[${host}]` : host}:${port}`;
}
