import { STATUS_CODES } from "node:http";

const NAME = /^[!#$%&'*+\-.^_`|~0-9a-z]+$/;
/** In HTTP/1.1 they would begin another line. */
const CUTS_LINES = /[\r\n\0]/;
/** A message of HTTP/2 that has one of them is malformed (RFC 9113, section 8.2.2). */
const NOT_IN_HTTP2: ReadonlySet<string> = new Set([
  "connection",
  "keep-alive",
  "proxy-connection",
  "transfer-encoding",
  "upgrade",
]);

/** The head of an answer in HTTP/1.1, and how its body is told. */
export interface AnswerHead {
  readonly text: string;
  readonly status: number;
  readonly body: "none" | "chunked" | "counted";
}

/**
 * Writes the head of an HTTP/2 answer as one of HTTP/1.1. Its body goes in chunks where no length is told, and where trailers are
 * announced, which only chunks have.
 *
 * @param raw - Names and values in turn, as Node.js gives them: one character a byte.
 * @param ended - No body follows, nor trailers.
 * @param method - Of the request.
 * @throws Error where HTTP/1.1 cannot say it.
 */
export function answerHeadOf(raw: readonly string[], ended: boolean, method: string): AnswerHead {
  let status = 0;
  let lines = "";
  let length = "";
  let trailers = false;
  for (let index = 0; index < raw.length; index += 2) {
    const name = raw[index]!;
    const value = raw[index + 1]!;
    if (name === ":status") {
      status = Number(value);
      continue;
    }
    checkField(name, value);
    if (name === "content-length") length += `content-length: ${value}\r\n`;
    else {
      if (name === "trailer") trailers = true;
      lines += `${name}: ${value}\r\n`;
    }
  }
  const bodiless = status < 200 || status === 204 || status === 304 || method === "HEAD";
  const line = `HTTP/1.1 ${status} ${STATUS_CODES[status] ?? ""}\r\n`;
  if (bodiless) return { text: `${line}${lines}${length}\r\n`, status, body: "none" };
  if (ended) {
    // An answer that is all head, as gRPC tells most errors.
    const empty = length === "" ? "content-length: 0\r\n" : length;
    return { text: `${line}${lines}${empty}\r\n`, status, body: "none" };
  }
  if (length !== "" && !trailers) return { text: `${line}${lines}${length}\r\n`, status, body: "counted" };
  return { text: `${line}${lines}transfer-encoding: chunked\r\n\r\n`, status, body: "chunked" };
}

/**
 * The end of a body in chunks.
 *
 * @param raw - Names and values of its trailers in turn.
 * @param isForHeads - Tells names that no trailer may have; such trailers are left out.
 * @throws Error where HTTP/1.1 cannot say it.
 */
export function answerEndOf(raw: readonly string[], isForHeads: (name: string) => boolean): string {
  let text = "0\r\n";
  for (let index = 0; index < raw.length; index += 2) {
    const name = raw[index]!;
    const value = raw[index + 1]!;
    checkField(name, value);
    if (!isForHeads(name)) text += `${name}: ${value}\r\n`;
  }
  return `${text}\r\n`;
}

/** A piece of a body as a chunk. */
export function chunkOf(data: Buffer): Buffer {
  const size = `${data.length.toString(16)}\r\n`;
  const chunk = Buffer.allocUnsafe(size.length + data.length + 2);
  chunk.write(size, 0, "latin1");
  data.copy(chunk, size.length);
  chunk.write("\r\n", size.length + data.length, "latin1");
  return chunk;
}

function checkField(name: string, value: string): void {
  if (!NAME.test(name) || NOT_IN_HTTP2.has(name) || CUTS_LINES.test(value))
    throw new Error("its answer holds a header that HTTP/2 does not allow");
}
