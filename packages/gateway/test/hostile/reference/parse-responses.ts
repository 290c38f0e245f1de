/** Answers by the grammar of RFC 9112. Slow, strict, and independent of the gateway. */
import { valuesOf, type Fields, type Wrong } from "./messages.ts";
import { parseChunks } from "./parse-chunks.ts";
import { parseFields } from "./parse-fields.ts";
import { LIMITS, type Limits } from "./parse-requests.ts";

const LINE = /^HTTP\/1\.([01]) ([1-5][0-9]{2})(?: ([\t\x20-\x7e\x80-\xff]*))?$/;

export interface ReadResponse {
  status: number;
  minor: 0 | 1;
  fields: Fields;
  body: string;
  trailers: Fields;
  /** Statuses of interim answers before it. */
  interim: number[];
}

export interface ReadResponses {
  messages: ReadResponse[];
  rest: "empty" | "more" | Wrong;
  /** Bytes behind the last whole answer. */
  restBytes: string;
}

/**
 * Reads all final answers that stand in the bytes.
 *
 * @param methods - Of the requests, in their order; GET where there is none.
 * @param ended - The connection has ended, so an answer that goes until then is whole.
 */
export function parseResponses(
  bytes: string,
  methods: readonly string[],
  ended: boolean,
  limits: Limits = LIMITS,
): ReadResponses {
  const messages: ReadResponse[] = [];
  let at = 0;
  let interim: number[] = [];
  let begin = 0;
  const stop = (rest: ReadResponses["rest"]): ReadResponses => ({
    messages,
    rest,
    restBytes: bytes.slice(begin),
  });
  while (at < bytes.length) {
    const head = parseResponseHead(bytes, at);
    if (head === "more") return stop("more");
    if ("wrong" in head) return stop({ wrong: head.wrong, phase: "head" });
    const { status, minor, fields } = head;
    if (status < 200 && status !== 101) {
      interim.push(status);
      at = head.end;
      continue;
    }
    const framing = framingOf(head, methods[messages.length] ?? "GET");
    if (framing === null) return stop({ wrong: "the framing", phase: "head" });
    let body: string;
    let trailers: Fields = [];
    if (framing === "chunked") {
      const chunks = parseChunks(bytes, head.end, limits);
      if (chunks === "more") return stop("more");
      if ("wrong" in chunks) return stop({ wrong: chunks.wrong, phase: "body" });
      ({ body, trailers, end: at } = chunks);
    } else if (framing === "until close") {
      if (!ended) return stop("more");
      body = bytes.slice(head.end);
      at = bytes.length;
    } else {
      body = bytes.slice(head.end, head.end + framing);
      if (body.length < framing) return stop("more");
      at = head.end + framing;
    }
    messages.push({ status, minor, fields, body, trailers, interim });
    interim = [];
    begin = at;
    if (status === 101) break;
  }
  return stop(begin === bytes.length ? "empty" : "more");
}

export interface ReadResponseHead {
  status: number;
  minor: 0 | 1;
  fields: Fields;
  end: number;
}

export function parseResponseHead(
  bytes: string,
  from: number,
): ReadResponseHead | "more" | { wrong: string } {
  const lineEnd = bytes.indexOf("\r\n", from);
  if (lineEnd === -1) return "more";
  const line = bytes.slice(from, lineEnd);
  const match = LINE.exec(line);
  if (match === null) return { wrong: `the status line ${JSON.stringify(line.slice(0, 80))}` };
  const section = parseFields(bytes, lineEnd + 2);
  if (section === "more" || "wrong" in section) return section;
  return {
    status: Number(match[2]),
    minor: match[1] === "0" ? 0 : 1,
    fields: section.fields,
    end: section.end,
  };
}

/** Null where the framing is not beyond doubt. */
export function framingOf(
  { status, minor, fields }: ReadResponseHead,
  method: string,
): number | "chunked" | "until close" | null {
  const encodings = valuesOf(fields, "transfer-encoding");
  const lengths = valuesOf(fields, "content-length");
  let framing: number | "chunked" | "until close" = "until close";
  if (encodings.length > 0) {
    if (encodings.length > 1 || lengths.length > 0 || minor === 0 || !/^chunked$/i.test(encodings[0] ?? ""))
      return null;
    framing = "chunked";
  } else if (lengths.length > 0) {
    if (lengths.length > 1 || !/^(?:0|[1-9][0-9]{0,14})$/.test(lengths[0] ?? "")) return null;
    framing = Number(lengths[0]);
  }
  return method === "HEAD" || status < 200 || status === 204 || status === 304 ? 0 : framing;
}
