import { createHash } from "node:crypto";
import { constants, type OutgoingHttpHeaders, type ServerHttp2Stream } from "node:http2";
import { CHUNKED } from "../body/body-length.ts";
import { BodyReader } from "../body/body-reader.ts";
import { INCOMPLETE } from "../head/header-fields.ts";
import { HOP_BY_HOP } from "../head/known-headers.ts";
import { MAX_RESPONSE_FIELDS, ResponseHead } from "../head/response-head.ts";
import type { RequestText } from "./client-request-text.ts";

/** Heads are read one at a time. The gateway adds a few lines of its own to a sandbox's. */
const HEAD = new ResponseHead(MAX_RESPONSE_FIELDS + 8);
/** What the gateway itself says of its HTTP/1.1 connection. */
const CUT: ReadonlySet<string> = new Set([...HOP_BY_HOP, "transfer-encoding"]);
const HANDSHAKE_GUID = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";

/** Takes the engine's answer in HTTP/1.1 apart and says it on a stream of HTTP/2. */
export class ClientAnswer {
  readonly #stream: ServerHttp2Stream;
  readonly #request: RequestText;
  /** Told when all of it is with HTTP/2. */
  readonly #onSaid: () => void;
  readonly #body = new BodyReader("BROKEN");
  /** Begin of a head that is not all there. */
  #held: Buffer | null = null;
  #phase: "head" | "body" | "tunnel" | "done" = "head";
  /** Null where none may come. */
  #trailers: Record<string, string[]> | null = null;

  constructor(stream: ServerHttp2Stream, request: RequestText, onSaid: () => void) {
    this.#stream = stream;
    this.#request = request;
    this.#onSaid = onSaid;
  }

  /** The whole answer was taken. */
  get complete(): boolean {
    return this.#phase === "done";
  }

  get tunnel(): boolean {
    return this.#phase === "tunnel";
  }

  /**
   * Says the next bytes, which stay as they are from now on.
   *
   * @returns false where the stream takes no more for now; it will drain.
   * @throws Error where they are no answer.
   */
  take(bytes: Buffer): boolean {
    if (this.#phase === "tunnel") return this.#stream.write(bytes);
    const held = this.#held;
    const all = held === null ? bytes : Buffer.concat([held, bytes]);
    this.#held = null;
    let at = 0;
    while (this.#phase === "head" && at < all.length) {
      const bodyStart = HEAD.scan(all, at, all.length);
      if (bodyStart === INCOMPLETE) {
        this.#held = all.subarray(at);
        return true;
      }
      at = bodyStart;
      this.#sayHead();
    }
    if (at === all.length || this.complete) return true;
    if (this.tunnel) return this.#stream.write(all.subarray(at));
    return this.#takeBody(all, at);
  }

  /** Of the stream: it takes no more. */
  finished(): void {
    if (this.complete && this.#trailers === null) this.#onSaid();
  }

  #sayHead(): void {
    const { status } = HEAD;
    const headers = headersOf(HEAD);
    if (status === 101) {
      this.#beginTunnel(headers);
      return;
    }
    if (status < 200) {
      this.#stream.additionalHeaders(headers);
      return;
    }
    let length = HEAD.bodyLength(this.#request.method);
    if (status === constants.HTTP_STATUS_RESET_CONTENT && length !== 0) {
      // It has no content (RFC 9110, section 15.3.6), and Node.js sends none. What the sandbox sends of it is passed over.
      length = 0;
      delete headers[constants.HTTP2_HEADER_CONTENT_LENGTH];
    }
    this.#body.begin(length);
    if (length !== CHUNKED) {
      this.#stream.respond(headers, { endStream: length === 0 });
      this.#phase = length === 0 ? "done" : "body";
      // To HEAD Node.js has ended it before.
      if (this.#stream.writableFinished) this.finished();
      return;
    }
    const trailers: Record<string, string[]> = (this.#trailers = { __proto__: null as never });
    this.#stream.respond(headers, { waitForTrailers: true });
    this.#stream.once("wantTrailers", () => {
      this.#stream.sendTrailers(trailers);
      // Node.js sends them then, too, and before.
      setImmediate(this.#onSaid);
    });
    this.#phase = "body";
  }

  #takeBody(bytes: Buffer, start: number): boolean {
    const stream = this.#stream;
    let more = true;
    if (this.#body.length === CHUNKED) {
      this.#body.takeApart(
        (data, from, to) => {
          more = stream.write(data.subarray(from, to));
        },
        (name, value) => {
          if (this.#trailers !== null && !CUT.has(name)) (this.#trailers[name] ??= []).push(value);
        },
      );
    }
    const stop = this.#body.take(bytes, start, bytes.length);
    if (this.#body.length !== CHUNKED && stop > start) more = stream.write(bytes.subarray(start, stop));
    if (!this.#body.done) return more;
    this.#phase = "done";
    stream.end();
    return true;
  }

  /** A handshake that went well is a 200 in HTTP/2 (RFC 8441, section 5). */
  #beginTunnel(headers: OutgoingHttpHeaders): void {
    const key = this.#request.webSocketKey;
    const accept = createHash("sha1").update(`${key}${HANDSHAKE_GUID}`).digest("base64");
    if (key === null || headers["sec-websocket-accept"] !== accept)
      throw new Error("a handshake that the sandbox did not carry out");
    delete headers["sec-websocket-accept"];
    this.#phase = "tunnel";
    this.#stream.respond({ ...headers, ":status": 200 });
  }
}

function headersOf({ status, fields, connection }: ResponseHead): OutgoingHttpHeaders {
  const headers: Record<string, string | number | string[]> = { __proto__: null as never };
  headers[constants.HTTP2_HEADER_STATUS] = status;
  for (let index = 0; index < fields.count; index++) {
    const name = fields.nameAt(index);
    if (CUT.has(name) || connection.named?.has(name) === true) continue;
    const value = fields.valueAt(index);
    const before = headers[name];
    if (before === undefined) headers[name] = value;
    else if (Array.isArray(before)) before.push(value);
    else headers[name] = [String(before), value];
  }
  return headers;
}
