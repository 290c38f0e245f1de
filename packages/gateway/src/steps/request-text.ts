import { HOP_BY_HOP, markHeaders } from "../engine/head/known-headers.ts";
import type { RequestHead } from "../engine/head/request-head.ts";
import type { Trace } from "../tracing/trace.ts";

export interface ForwardedFor {
  /** Address of the client as far as it is believed, appended to X-Forwarded-For. */
  clientAddress: string;
  proto: "http" | "https";
  host: string;
  /** Path prefix of the sandbox, absent in host form. */
  prefix: string | undefined;
  /** X-Forwarded-* of the peer are kept and added to; it is a proxy of ours. */
  trusted: boolean;
  /** Host that the sandbox sees in place of the client's; the client's own where absent. */
  sandboxHost: string | undefined;
  /** The Authorization header was the gateway's. */
  dropAuthorization: boolean;
  /** Its page's origin is the gateway's, and would not fit the Host that the sandbox sees. */
  dropOrigin: boolean;
  /** Protocol that it asks to go over to. */
  upgrade: string | undefined;
  requestId: string;
  /** Null where trace context passes as every other header. */
  trace: Trace | null;
}

/** Of one hop, ours alone, or said anew below. */
const CUT = [
  ...HOP_BY_HOP,
  "trailer",
  "sandgate-key",
  "sandgate-timing",
  "sandgate-*",
  "x-request-id",
  "x-sandbox-id",
  "x-sandbox-namespace",
  "x-sandbox-port",
  "x-sandbox-uid",
  "x-sandbox-pod-ip",
  "x-sandbox-timeout",
  "x-sandbox-*",
  "x-forwarded-for",
  "x-forwarded-host",
  "x-forwarded-proto",
  "x-forwarded-port",
  "x-forwarded-prefix",
  "x-real-ip",
] as const;

/** One table for each combination of what is cut besides, made when it is first wanted. */
const TABLES = new Map<number, Uint8Array>();

function tableFor({ trusted, sandboxHost, dropAuthorization, dropOrigin, trace }: ForwardedFor): Uint8Array {
  const key =
    (trusted ? 1 : 0) |
    (sandboxHost === undefined ? 0 : 2) |
    (dropAuthorization ? 4 : 0) |
    (dropOrigin ? 8 : 0) |
    (trace === null ? 0 : trace.keepsState ? 16 : 32);
  let table = TABLES.get(key);
  if (table === undefined) {
    table = markHeaders([
      ...CUT,
      ...(trusted ? [] : (["forwarded"] as const)),
      ...(sandboxHost === undefined ? [] : (["host"] as const)),
      ...(dropAuthorization ? (["authorization"] as const) : []),
      ...(dropOrigin ? (["origin"] as const) : []),
      ...(trace === null ? [] : (["traceparent"] as const)),
      ...(trace === null || trace.keepsState ? [] : (["tracestate"] as const)),
    ]);
    TABLES.set(key, table);
  }
  return table;
}

/**
 * The head for the sandbox: the client's without hop-by-hop headers and what Connection names, without the gateway's
 * credentials and the router's own headers, with X-Forwarded-* of ours. Framing stays as it is, because it was checked.
 *
 * @param path - Path and query for the sandbox.
 */
export function requestText(request: RequestHead, path: string, forwarded: ForwardedFor): string {
  const { fields } = request;
  const { trusted, sandboxHost, prefix, upgrade, trace } = forwarded;
  let text = `${request.method} ${path} HTTP/1.1\r\n`;
  if (sandboxHost !== undefined) text += `Host: ${sandboxHost}\r\n`;
  text += fields.linesWithout(tableFor(forwarded), request.connection.named);
  const before = trusted ? fields.joined("x-forwarded-for") : undefined;
  const client = forwarded.clientAddress;
  text += `X-Forwarded-For: ${before === undefined ? client : `${before}, ${client}`}\r\nX-Forwarded-Host: ${
    (trusted ? fields.value("x-forwarded-host") : undefined) ?? forwarded.host
  }\r\nX-Forwarded-Proto: ${(trusted ? fields.value("x-forwarded-proto") : undefined) ?? forwarded.proto}\r\n`;
  if (prefix !== undefined) text += `X-Forwarded-Prefix: ${prefix}\r\n`;
  text += `X-Request-Id: ${forwarded.requestId}\r\n`;
  if (trace !== null) text += `traceparent: ${trace.print()}\r\n`;
  return upgrade === undefined ? `${text}\r\n` : `${text}Connection: Upgrade\r\nUpgrade: ${upgrade}\r\n\r\n`;
}
