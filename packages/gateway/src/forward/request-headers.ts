import type { IncomingMessage } from "node:http";
import { HEADER_KEY, HEADER_REQUEST_ID, HEADER_SANDBOX_PREFIX, HOP_BY_HOP_HEADERS } from "@sandgate/contract";

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
  sandboxHost?: string | undefined;
  /** The Authorization header was the gateway's. */
  dropAuthorization: boolean;
  /** Its page's origin is the gateway's, and would not fit the Host that the sandbox sees. */
  dropOrigin?: boolean;
  requestId: string;
}

const FORWARDED = new Set([
  "forwarded",
  "x-forwarded-for",
  "x-forwarded-host",
  "x-forwarded-proto",
  "x-forwarded-port",
  "x-forwarded-prefix",
  "x-real-ip",
]);
/** Named by Connection these would change what the message is; they are kept or cut by their own rules. */
const NOT_BY_CONNECTION = new Set(["host", "content-length", "transfer-encoding", "authorization", "cookie"]);

/**
 * Headers for the sandbox, as a flat list of names and values in their order: without hop-by-hop headers and what
 * Connection names, without the gateway's credentials and the router's own headers, with X-Forwarded-* of ours.
 */
export function requestHeaders(request: IncomingMessage, forwarded: ForwardedFor): string[] {
  const { rawHeaders, headers } = request;
  const named = namedByConnection(headers.connection);
  const out: string[] = forwarded.sandboxHost === undefined ? [] : ["Host", forwarded.sandboxHost];
  for (let index = 0; index + 1 < rawHeaders.length; index += 2) {
    const name = rawHeaders[index] ?? "";
    const lower = name.toLowerCase();
    if (HOP_BY_HOP_HEADERS.has(lower) || named.has(lower)) continue;
    if (lower === HEADER_KEY || lower === HEADER_REQUEST_ID || lower.startsWith(HEADER_SANDBOX_PREFIX))
      continue;
    if (lower === "authorization" && forwarded.dropAuthorization) continue;
    if (lower === "host" && forwarded.sandboxHost !== undefined) continue;
    if (lower === "origin" && forwarded.dropOrigin === true) continue;
    if (FORWARDED.has(lower) && !(forwarded.trusted && lower === "forwarded")) continue;
    out.push(name, rawHeaders[index + 1] ?? "");
  }
  const before = forwarded.trusted ? headers["x-forwarded-for"] : undefined;
  out.push(
    "X-Forwarded-For",
    before === undefined ? forwarded.clientAddress : `${String(before)}, ${forwarded.clientAddress}`,
    "X-Forwarded-Host",
    (forwarded.trusted ? first(headers["x-forwarded-host"]) : undefined) ?? forwarded.host,
    "X-Forwarded-Proto",
    (forwarded.trusted ? first(headers["x-forwarded-proto"]) : undefined) ?? forwarded.proto,
  );
  if (forwarded.prefix !== undefined) out.push("X-Forwarded-Prefix", forwarded.prefix);
  out.push("X-Request-Id", forwarded.requestId);
  return out;
}

/** Headers for the client: without hop-by-hop headers, what Connection names, and names that are the gateway's. */
export function responseHeaders(rawHeaders: readonly string[], connection: string | undefined): string[] {
  const named = namedByConnection(connection);
  const out: string[] = [];
  for (let index = 0; index + 1 < rawHeaders.length; index += 2) {
    const name = rawHeaders[index] ?? "";
    const lower = name.toLowerCase();
    if (HOP_BY_HOP_HEADERS.has(lower) || named.has(lower) || lower.startsWith("sandgate-")) continue;
    out.push(name, rawHeaders[index + 1] ?? "");
  }
  return out;
}

function namedByConnection(connection: string | undefined): ReadonlySet<string> {
  const names = (connection ?? "").split(",").map((name) => name.trim().toLowerCase());
  return new Set(names.filter((name) => name !== "" && !NOT_BY_CONNECTION.has(name)));
}

function first(value: string | string[] | undefined): string | undefined {
  return Array.isArray(value) ? value[0] : value;
}
