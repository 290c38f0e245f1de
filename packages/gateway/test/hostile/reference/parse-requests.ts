/**
 * Requests by the grammar of RFC 9112 and the rules of the gateway: written a second time, by regular expressions and
 * without a thought for speed, so that the engine's scanners have somebody to disagree with.
 */
import { valuesOf, type Fields, type Read, type ReadRequest } from "./messages.ts";
import { parseChunks, type ChunkLimits } from "./parse-chunks.ts";
import { parseFields } from "./parse-fields.ts";

const LINE = /^([!#$%&'*+\-.^_`|~0-9A-Za-z]{1,24}) (\/[!"$-[\]-~]*) HTTP\/1\.([01])$/;
/** What framing, addresses and callers are told by: the names that a lookalike must not have. */
const READ_AS_ONE =
  /^(?:host|connection|content-(?:length|type)|transfer-encoding|expect|upgrade|keep-alive|proxy-(?:authenticate|authorization|connection)|te|trailer|http2-settings|authorization|cookie|origin|accept|forwarded|x-forwarded-(?:for|host|proto|port|prefix)|x-real-ip|x-request-id|(?:sandgate|x-sandbox)-.+|sec-fetch-(?:site|mode|dest)|upgrade-insecure-requests|location|content-location|refresh|set-cookie|service-worker-allowed|clear-site-data|alt-svc|strict-transport-security|nel|report-to)$/i;
/** Whatever of a line may be there when its end is not. */
const BEGIN_OF_LINE =
  /^(?:[!#$%&'*+\-.^_`|~0-9A-Za-z]{1,24}(?: (?:\/[!"$-[\]-~]*(?: (?:H|HT|HTT|HTTP|HTTP\/|HTTP\/1|HTTP\/1\.|HTTP\/1\.[01]\r?)?)?)?)?)?$/;

export interface Limits extends ChunkLimits {
  /** Bytes of a head. */
  head: number;
  /** Fields of a head. */
  fields: number;
}

export const LIMITS: Limits = {
  head: 16 * 1024,
  fields: 128,
  extensions: 1024,
  trailerBytes: 8 * 1024,
  trailers: 64,
};

/** Where a head has been read up to. */
export interface ReadHead {
  method: string;
  target: string;
  minor: 0 | 1;
  fields: Fields;
  end: number;
  /** Bytes of the body; `chunked` where they tell its end themselves. */
  length: number | "chunked";
}

/**
 * Reads all requests that stand in the bytes one behind the other, up to one that ends the connection.
 *
 * @param anyHost - Takes those without a Host, or with several, too: their form does not depend on it.
 */
export function parseRequests(bytes: string, limits: Limits = LIMITS, anyHost = false): Read<ReadRequest> {
  const messages: ReadRequest[] = [];
  let at = 0;
  while (at < bytes.length) {
    const head = parseRequestHead(bytes, at, limits);
    if (head === "more") return { messages, rest: "more" };
    if ("wrong" in head) return { messages, rest: { wrong: head.wrong, phase: "head" } };
    const hosts = valuesOf(head.fields, "host").length;
    if (hosts !== 1 && !anyHost) {
      const wrong = hosts === 0 && head.minor === 0 ? "no Host, as HTTP/1.0 may" : "no or more than one Host";
      return { messages, rest: { wrong, phase: "head" } };
    }
    const { method, target, minor, fields } = head;
    const options = optionsOf(fields);
    const keepsAlive = !options.includes("close") && (minor === 1 || options.includes("keep-alive"));
    if (head.length === "chunked") {
      const chunks = parseChunks(bytes, head.end, limits);
      if (chunks === "more") return { messages, rest: "more" };
      if ("wrong" in chunks) return { messages, rest: { wrong: chunks.wrong, phase: "body" } };
      at = chunks.end;
      const { body, trailers } = chunks;
      messages.push({ method, target, minor, fields, body, trailers, keepsAlive });
    } else {
      const body = bytes.slice(head.end, head.end + head.length);
      if (body.length < head.length) return { messages, rest: "more" };
      at = head.end + head.length;
      messages.push({ method, target, minor, fields, body, trailers: [], keepsAlive });
    }
    if (!keepsAlive) break;
  }
  return { messages, rest: "empty" };
}

/** Reads one head. */
export function parseRequestHead(
  bytes: string,
  from: number,
  limits: Limits = LIMITS,
): ReadHead | "more" | { wrong: string } {
  const lineEnd = bytes.indexOf("\r\n", from);
  if (lineEnd === -1) {
    if (bytes.length - from > limits.head) return { wrong: "a head that is too long" };
    return BEGIN_OF_LINE.test(bytes.slice(from)) ? "more" : { wrong: "the request line" };
  }
  const line = bytes.slice(from, lineEnd);
  const match = LINE.exec(line);
  if (match === null) return { wrong: `the request line ${JSON.stringify(line.slice(0, 80))}` };
  const [, method = "", target = "", minorText] = match;
  const minor = minorText === "0" ? 0 : 1;
  if (method === "CONNECT" || method === "TRACE") return { wrong: `the method ${method}` };
  const section = parseFields(bytes, lineEnd + 2);
  const end = section !== "more" && "end" in section ? section.end : bytes.length;
  if (end - from > limits.head) return { wrong: "a head that is too long" };
  if (section === "more" || "wrong" in section) return section;
  const { fields } = section;
  if (fields.length > limits.fields) return { wrong: "too many fields" };
  const lookalike = fields.find(
    ([name]) => name.includes("_") && READ_AS_ONE.test(name.replaceAll("_", "-")),
  );
  if (lookalike !== undefined) return { wrong: `${lookalike[0]}, which CGI reads as another header` };
  const expectations = valuesOf(fields, "expect");
  if (expectations.length > 0 && expectations.join(", ").toLowerCase() !== "100-continue")
    return { wrong: "another expectation than 100-continue" };
  const length = lengthOf(fields, minor);
  if (length === null) {
    const zero = /^0[0-9]{1,14}$/.test(valuesOf(fields, "content-length").join());
    return { wrong: zero ? "a length that begins with 0" : "the framing" };
  }
  return { method, target, minor, fields, end: section.end, length };
}

/** Null where the framing is not beyond doubt. */
function lengthOf(fields: Fields, minor: 0 | 1): number | "chunked" | null {
  const encodings = valuesOf(fields, "transfer-encoding");
  const lengths = valuesOf(fields, "content-length");
  if (encodings.length > 0) {
    const beyondDoubt = encodings.length === 1 && lengths.length === 0 && minor === 1;
    return beyondDoubt && /^chunked$/i.test(encodings[0] ?? "") ? "chunked" : null;
  }
  if (lengths.length === 0) return 0;
  return lengths.length === 1 && /^(?:0|[1-9][0-9]{0,14})$/.test(lengths[0] ?? "")
    ? Number(lengths[0])
    : null;
}

/** Options of all Connection fields, in lower case. */
export function optionsOf(fields: Fields): string[] {
  return valuesOf(fields, "connection").flatMap((value) =>
    value.split(",").map((option) => option.replace(/^[ \t]+|[ \t]+$/g, "").toLowerCase()),
  );
}
