import { isIdempotent, printPrefix, SandgateError } from "@sandgate/contract";
import { bodyTooLarge } from "../engine/body/chunk-scanner.ts";
import type { ForwardPlan } from "../engine/exchange-plan.ts";
import type { RequestHead } from "../engine/head/request-head.ts";
import type { Trace } from "../tracing/trace.ts";
import { requestText } from "./request-text.ts";
import { isListed } from "../routes/port-list.ts";
import type { SandboxLimits } from "../routes/sandbox-limits.ts";
import type { DialTarget } from "../routes/route.ts";
import type { Addressed } from "./address.ts";
import type { Caller } from "./caller.ts";
import type { Decision } from "./decide.ts";
import type { Head } from "./parse-head.ts";

/** An address of a sandbox, in whatever form. */
export type SandboxAddressed = Exclude<Addressed, { form: "own" }>;

export interface PrepareOptions {
  /** Address of the peer. */
  peer: string;
  requestId: string;
  /** The request came by TLS. */
  secure: boolean;
  /** The peer's X-Forwarded-* are believed. */
  trusted: boolean;
  /** Longest time that X-Sandbox-Timeout may ask for. */
  routerTimeoutCapMs: number;
  /** Of sandboxes that ask for none of their own. */
  limits: SandboxLimits;
  /** Null where tracing is off. */
  trace: Trace | null;
  /** The client is told how long each part took. */
  timing: boolean;
}

/**
 * Everything that forwarding takes: where its bytes go, and the head that the sandbox gets.
 *
 * @throws SandgateError REQUEST_BODY_TOO_LARGE, REQUEST_MALFORMED, UPGRADE_UNSUPPORTED.
 */
export function prepare(
  request: RequestHead,
  head: Head,
  addressed: SandboxAddressed,
  caller: Caller,
  decision: Decision,
  target: DialTarget,
  options: PrepareOptions,
): ForwardPlan {
  const { route } = decision;
  const limits = route.limits ?? options.limits;
  // Of a chunked one it is told as it comes.
  if (request.bodyLength > limits.maxBodyBytes) throw bodyTooLarge();
  const { peer } = options;
  const byHeaders = addressed.form === "header";
  const prefix = addressed.form === "path" ? printPrefix(addressed) : undefined;
  const upgrade = upgradeOf(request);
  if (upgrade !== undefined && target.h2c)
    throw new SandgateError(
      "UPGRADE_UNSUPPORTED",
      `Port ${decision.port} of ${route.user}/${route.name} speaks HTTP/2, where nothing is upgraded.`,
    );
  const whole = prefix !== undefined && isListed(route.keptPrefix, decision.port);
  const text = requestText(request, whole ? prefix + addressed.rest : addressed.rest, {
    clientAddress: peer,
    proto: options.secure ? "https" : "http",
    host: head.host,
    // A program that was told its address would put the prefix before it once more.
    prefix: whole ? undefined : prefix,
    trusted: options.trusted,
    // Programs behind the router know it as upstream made it: called by their own address, without the caller's credentials.
    sandboxHost: byHeaders ? hostOf(decision) : undefined,
    dropAuthorization: byHeaders || caller.usedAuthorization,
    dropOrigin: byHeaders && upgrade !== undefined,
    upgrade,
    requestId: options.requestId,
    trace: options.trace,
  });
  return {
    target,
    head: text,
    name: `${route.user}/${route.name}`,
    upgrade: upgrade !== undefined,
    limits,
    rescope: byHeaders ? null : { prefix: prefix ?? "", host: head.host, path: addressed.rest },
    firstByteTimeoutMs:
      addressed.form === "header" ? patienceOf(addressed.timeoutMs, options.routerTimeoutCapMs) : undefined,
    ownConnection: byHeaders && !isIdempotent(head.method),
    timing: options.timing,
  };
}

/**
 * The protocol that a request asks to go over to, only where Connection and Upgrade both say so. HTTP/2 over cleartext is not
 * one of them: requests inside of it would be seen by nobody.
 */
function upgradeOf({ connection, fields, bodyLength, minor }: RequestHead): string | undefined {
  // HTTP/1.0 has none, and its client would not know what a 101 is (RFC 9110, section 7.8).
  if (!connection.upgrade || minor === 0) return undefined;
  const upgrade = fields.value("upgrade");
  if (upgrade === undefined || /(?:^|,)\s*h2c?\s*(?:,|$)/i.test(upgrade)) return undefined;
  if (bodyLength !== 0) throw new SandgateError("REQUEST_MALFORMED", "An upgrade has a body.");
  return upgrade;
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
