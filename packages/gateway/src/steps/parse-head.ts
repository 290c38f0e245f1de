import { isIP } from "node:net";
import { SandgateError } from "@sandgate/contract";
import type { RequestHead } from "../engine/head/request-head.ts";
import type { ConnectionMemory } from "./connection-memory.ts";

/** What the following steps need of a request's head. */
export interface Head {
  method: string;
  /** Path and query, as they came. */
  target: string;
  /** Host name without port, lower case. Empty where an HTTP/1.0 request has no Host. */
  hostname: string;
  /** Host header as it came. */
  host: string;
  /** Origin of a page in the browser that sent it, undefined without one. */
  origin: string | undefined;
  /** A browser asks for a page: top level or in a frame. */
  document: boolean;
  /** It is a call of gRPC, whose errors have a form of their own. */
  grpc: boolean;
}

const HOST = /^(?:\[([0-9a-f:.]+)\]|([a-z0-9](?:[a-z0-9._-]*[a-z0-9])?\.?))(?::([0-9]{1,5}))?$/i;
const DOCUMENTS: ReadonlySet<string> = new Set(["document", "iframe", "frame", "embed", "object"]);
/** Of these a second one would be read by some and passed over by others. */
const ONCE = ["authorization", "sandgate-key", "origin", "upgrade"] as const;

/**
 * Checks what of a request's head is about who asks whom; its grammar was checked when it was scanned.
 *
 * @throws SandgateError REQUEST_MALFORMED.
 */
export function parseHead(request: RequestHead, memory: ConnectionMemory): Head {
  const { method, target, fields } = request;
  const hosts = fields.times("host");
  if (hosts > 1 || (hosts === 0 && request.minor === 1))
    throw new SandgateError("REQUEST_MALFORMED", `The request has ${hosts} Host headers.`);
  for (const name of ONCE) {
    if (fields.times(name) > 1)
      throw new SandgateError("REQUEST_MALFORMED", `The request has more than one ${name}.`);
  }
  let host = memory.host;
  if (hosts === 0) host = "";
  else if (host === "" || !fields.valueIs("host", host)) {
    host = fields.value("host") ?? "";
    memory.hostname = hostnameOf(host);
    memory.host = host;
  }
  return {
    method,
    target,
    host,
    hostname: hosts === 0 ? "" : memory.hostname,
    origin: fields.value("origin"),
    document: isDocument(request),
    grpc: isGrpc(request),
  };
}

function hostnameOf(host: string): string {
  const match = HOST.exec(host);
  const hostname = match?.[1] ?? match?.[2];
  if (hostname === undefined || (match?.[1] !== undefined && isIP(hostname) !== 6)) {
    throw new SandgateError("REQUEST_MALFORMED", "The Host header is no host name.");
  }
  return hostname.toLowerCase();
}

/** `application/grpc`, alone or with more behind it; what begins so and goes on is gRPC-Web. */
const GRPC = /^application\/grpc(?:$|[+;\s])/i;

function isGrpc({ method, fields }: RequestHead): boolean {
  // Every call is a POST and asks for trailers, which hardly anything else does: the first two cost nothing.
  return (
    method === "POST" && fields.valueIs("te", "trailers") && GRPC.test(fields.value("content-type") ?? "")
  );
}

function isDocument({ fields }: RequestHead): boolean {
  const destination = fields.value("sec-fetch-dest");
  if (destination !== undefined) return DOCUMENTS.has(destination);
  // Browsers send Sec-Fetch-Dest to secure origins and loopback only. Elsewhere pages are told by what they accept.
  return (
    fields.value("upgrade-insecure-requests") === "1" && (fields.value("accept") ?? "").includes("text/html")
  );
}
