import type { OutgoingHttpHeaders } from "node:http2";
import { CHUNKED, type BodyLength } from "../body/body-length.ts";
import { parseContentLength } from "../head/content-length.ts";
import { HeaderFields, INCOMPLETE } from "../head/header-fields.ts";

/** The engine's head has the client's fields and a few lines of the gateway's own. Heads are read one at a time. */
/** As many as a request may have at the most, and what is added to them. */
const MAX_FIELDS = 255 + 16;
const FIELDS = new HeaderFields(MAX_FIELDS, "INTERNAL");
/** What HTTP/2 says otherwise or has no word for (RFC 9113, section 8.2.2). */
export const NOT_IN_HTTP2: ReadonlySet<string> = new Set([
  "connection",
  "host",
  "http2-settings",
  "keep-alive",
  "proxy-connection",
  "te",
  "transfer-encoding",
  "upgrade",
]);

/** A request of the engine's, as a stream of HTTP/2 begins. */
export interface SandboxRequest {
  readonly headers: OutgoingHttpHeaders;
  readonly method: string;
  /** 0 where the stream's first frame is the request's last. */
  readonly bodyLength: BodyLength;
  /** Where the body begins. */
  readonly bodyStart: number;
}

/**
 * Reads the head that the gateway itself has written, so its grammar is known.
 *
 * @returns null where it is not all there.
 */
export function readSandboxRequest(bytes: Buffer): SandboxRequest | null {
  const lineEnd = bytes.indexOf("\r\n");
  if (lineEnd === -1) return null;
  const bodyStart = FIELDS.scan(bytes, lineEnd + 2, bytes.length);
  if (bodyStart === INCOMPLETE) return null;
  const [method, path] = bytes.toString("latin1", 0, lineEnd).split(" ") as [string, string];
  // Without a prototype: `__proto__` is a name as any other.
  const headers: OutgoingHttpHeaders = Object.assign(Object.create(null) as OutgoingHttpHeaders, {
    ":method": method,
    ":scheme": "http",
    ":authority": FIELDS.value("host") ?? "",
    ":path": path,
    // Trailers go on to every client that can take them; servers of gRPC refuse whoever does not say so.
    te: "trailers",
  });
  for (let index = 0; index < FIELDS.count; index++) {
    const name = FIELDS.nameAt(index);
    if (NOT_IN_HTTP2.has(name)) continue;
    const value = FIELDS.valueAt(index);
    const before = headers[name];
    if (before === undefined) headers[name] = value;
    else if (Array.isArray(before)) before.push(value);
    else headers[name] = [String(before), value];
  }
  return { headers, method, bodyLength: bodyLengthOf(), bodyStart };
}

function bodyLengthOf(): BodyLength {
  if (FIELDS.times("transfer-encoding") > 0) return CHUNKED;
  const place = FIELDS.valuePlace("content-length");
  return place === undefined ? 0 : parseContentLength(place.bytes, place.start, place.end);
}
