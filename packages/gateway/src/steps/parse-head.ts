import type { IncomingMessage } from "node:http";
import { isIP } from "node:net";
import { SandgateError } from "@sandgate/contract";

/** What the following steps need of a request's head. */
export interface Head {
  method: string;
  /** Path and query, as they came. */
  target: string;
  /** Host name without port, lower case. */
  hostname: string;
  /** Host header as it came. */
  host: string;
  /** Origin of a page in the browser that sent it, undefined without one. */
  origin: string | undefined;
  /** A browser asks for a page: top level or in a frame. */
  document: boolean;
}

const HOST = /^(?:\[([0-9a-f:.]+)\]|([a-z0-9](?:[a-z0-9._-]*[a-z0-9])?\.?))(?::([0-9]{1,5}))?$/i;

/**
 * Reads and checks the request's head.
 *
 * @throws SandgateError REQUEST_MALFORMED, METHOD_NOT_ALLOWED.
 */
export function parseHead(request: IncomingMessage): Head {
  const { method = "GET", url = "/", rawHeaders, headers } = request;
  if (method === "CONNECT" || method === "TRACE") {
    throw new SandgateError("METHOD_NOT_ALLOWED", `${method} is not passed on.`);
  }
  let hosts = 0;
  for (let index = 0; index < rawHeaders.length; index += 2) {
    if (rawHeaders[index]?.toLowerCase() === "host") hosts++;
  }
  if (hosts !== 1) throw new SandgateError("REQUEST_MALFORMED", `The request has ${hosts} Host headers.`);
  if (!url.startsWith("/"))
    throw new SandgateError("REQUEST_MALFORMED", "The request target is not in origin form.");
  if (/[^\x21-\x7e]|[#\\]/.test(url))
    throw new SandgateError("REQUEST_MALFORMED", "The request target holds forbidden bytes.");
  const host = headers.host ?? "";
  const match = HOST.exec(host);
  const hostname = match?.[1] ?? match?.[2];
  if (hostname === undefined || (match?.[1] !== undefined && isIP(hostname) !== 6)) {
    throw new SandgateError("REQUEST_MALFORMED", "The Host header is no host name.");
  }
  return {
    method,
    target: url,
    host,
    hostname: hostname.toLowerCase(),
    origin: headers.origin,
    document: isDocument(request),
  };
}

function isDocument({ headers }: IncomingMessage): boolean {
  const destination = headers["sec-fetch-dest"];
  if (destination !== undefined)
    return ["document", "iframe", "frame", "embed", "object"].includes(destination);
  // Browsers send Sec-Fetch-Dest to secure origins and loopback only. Elsewhere pages are told by what they accept.
  return headers["upgrade-insecure-requests"] === "1" && (headers.accept ?? "").includes("text/html");
}
