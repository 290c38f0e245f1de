import { constants, type ClientHttp2Stream } from "node:http2";
import { Duplex } from "node:stream";
import { CHUNKED } from "../body/body-length.ts";
import { BodyReader } from "../body/body-reader.ts";
import { isForHeads } from "../body/chunk-scanner.ts";
import { answerEndOf, answerHeadOf, chunkOf, type AnswerHead } from "./sandbox-answer.ts";
import { NOT_IN_HTTP2, readSandboxRequest, type SandboxRequest } from "./sandbox-request.ts";
import type { SandboxSession } from "./sandbox-session.ts";

const { NGHTTP2_CANCEL, NGHTTP2_FLAG_END_STREAM, NGHTTP2_NO_ERROR, NGHTTP2_REFUSED_STREAM } = constants;
/** Bytes on their way in either direction before the other side is held up. */
const HIGH_WATER_BYTES = 64 * 1024;

/**
 * A connection to a sandbox for one request, as the engine sees it: HTTP/1.1 in, HTTP/1.1 out. Behind it is one stream of an
 * HTTP/2 session that others use too. Whichever side cannot take more holds up this stream alone.
 */
export class SandboxStream extends Duplex {
  #session: SandboxSession;
  #h2: ClientHttp2Stream | null = null;
  /** Begin of a head that is not all there. */
  #held: Buffer | null = null;
  readonly #body = new BodyReader("INTERNAL");
  #method = "";
  /** Of the request: filled while its end is read. */
  readonly #trailers: Record<string, string[]> = Object.create(null) as Record<string, string[]>;
  /** Goes on with the request's body; null where nothing is held up. */
  #taken: (() => void) | null = null;
  #answer: AnswerHead | null = null;
  /** Data that came with the head: Node.js tells of that a moment later where it reads from a stream that is no socket. */
  #early: Buffer[] = [];
  #answerTrailers: readonly string[] = [];
  /** The sandbox has ended its side in HTTP/2's words, and not by a reset. */
  #answerEnded = false;
  #error: Error | null = null;
  /** The sandbox has not looked at the request and never will. */
  #untouched = false;

  /** @param session - May still be opened. */
  constructor(session: SandboxSession) {
    super({ readableHighWaterMark: HIGH_WATER_BYTES, writableHighWaterMark: HIGH_WATER_BYTES });
    this.#session = session;
  }

  /** Goes over to another session, before anything was sent. */
  move(session: SandboxSession): void {
    this.#session = session;
  }

  /** The sandbox goes and tells which streams it still serves. */
  goneAway(lastStreamId: number): void {
    if ((this.#h2?.id ?? 0) > lastStreamId) this.#untouched = true;
  }

  override _write(chunk: Buffer, _encoding: BufferEncoding, done: (error?: Error) => void): void {
    try {
      if (this.#h2 !== null) {
        this.#takeBody(this.#h2, chunk, 0, done);
        return;
      }
      const bytes = this.#held === null ? chunk : Buffer.concat([this.#held, chunk]);
      const request = readSandboxRequest(bytes);
      this.#held = request === null ? bytes : null;
      if (request === null) done();
      else this.#takeBody(this.#begin(request), bytes, request.bodyStart, done);
    } catch (error) {
      done(error as Error);
    }
  }

  override _read(): void {
    this.#h2?.resume();
  }

  override _destroy(error: Error | null, done: (error: Error | null) => void): void {
    const h2 = this.#h2;
    if (h2 === null) this.#session.leave(this);
    else if (!h2.closed) {
      // What is left of the request has nobody who wants it once the answer is there; else it is the answer that nobody wants.
      if (!this.#answerEnded) h2.close(NGHTTP2_CANCEL);
      else if (!h2.writableEnded) h2.close(NGHTTP2_NO_ERROR);
      h2.resume();
    }
    const taken = this.#taken;
    this.#taken = null;
    taken?.();
    done(error);
  }

  #begin(request: SandboxRequest): ClientHttp2Stream {
    const { bodyLength } = request;
    this.#method = request.method;
    this.#body.begin(bodyLength);
    const h2 = this.#session.request(request.headers, {
      endStream: bodyLength === 0,
      // Node.js ends a stream's data before it resets it, and to the sandbox half a request would look like a whole one. With
      // trailers to come that end is none.
      waitForTrailers: bodyLength !== 0,
    });
    this.#h2 = h2;
    if (bodyLength !== 0)
      h2.on("wantTrailers", () => {
        if (this.#body.done && !h2.closed) h2.sendTrailers(this.#trailers);
      });
    if (bodyLength === CHUNKED) {
      this.#body.takeApart(
        (bytes, start, end) => h2.write(bytes.subarray(start, end)),
        (name, value) => {
          if (!NOT_IN_HTTP2.has(name)) (this.#trailers[name] ??= []).push(value);
        },
      );
    }
    noteEnd(h2, () => (this.#answerEnded = true));
    h2.on("headers", (_headers, flags, raw) => this.#interim(flags, raw));
    h2.on("response", (_headers, flags, raw) => this.#answerHead(flags, raw));
    h2.on("data", (data: Buffer) => this.#answerData(data));
    h2.on("trailers", (_headers, _flags, raw) => (this.#answerTrailers = raw));
    h2.on("end", () => this.#end());
    h2.on("drain", () => this.#goOn());
    h2.on("error", (error) => (this.#error = error));
    h2.on("close", () => this.#closed(h2));
    return h2;
  }

  #takeBody(h2: ClientHttp2Stream, bytes: Buffer, at: number, done: () => void): void {
    // An answer that is complete before its request wants no more of that.
    if (h2.closed || h2.writableEnded) {
      done();
      return;
    }
    if (this.#body.length === CHUNKED) {
      this.#body.take(bytes, at, bytes.length);
      if (this.#body.done) h2.end();
    } else {
      const stop = this.#body.take(bytes, at, bytes.length);
      const piece = bytes.subarray(at, stop);
      if (!this.#body.done) h2.write(piece);
      else if (piece.length > 0) h2.end(piece);
    }
    if (h2.writableNeedDrain && !h2.writableEnded) this.#taken = done;
    else done();
  }

  #goOn(): void {
    const taken = this.#taken;
    this.#taken = null;
    taken?.();
  }

  #interim(flags: number, raw: readonly string[]): void {
    // A second head that is no answer's end is malformed, and one that ends the stream is no interim answer.
    if (this.#answer !== null || (flags & NGHTTP2_FLAG_END_STREAM) !== 0)
      this.#fail(new Error("its interim answer is malformed"));
    else this.#say(() => answerHeadOf(raw, false, this.#method).text);
  }

  #answerHead(flags: number, raw: readonly string[]): void {
    this.#session.heard();
    this.#say(() => {
      this.#answer = answerHeadOf(raw, (flags & NGHTTP2_FLAG_END_STREAM) !== 0, this.#method);
      return this.#answer.text;
    });
    for (const data of this.#early.splice(0)) this.#answerData(data);
  }

  #answerData(data: Buffer): void {
    if (this.destroyed || data.length === 0) return;
    this.#session.heard();
    if (this.#answer === null) {
      this.#early.push(data);
      return;
    }
    const { body } = this.#answer;
    if (body === "none") this.#fail(new Error("its answer has a body where there is none"));
    else if (!this.push(body === "chunked" ? chunkOf(data) : data)) this.#h2?.pause();
  }

  #end(): void {
    if (this.destroyed || !this.#answerEnded) return;
    if (this.#answer?.body === "chunked") this.#say(() => answerEndOf(this.#answerTrailers, isForHeads));
    // Whatever else the engine still waits for does not come.
    if (!this.destroyed) this.push(null);
  }

  #say(text: () => string): void {
    if (this.destroyed) return;
    try {
      this.push(Buffer.from(text(), "latin1"));
    } catch (error) {
      this.#fail(error as Error);
    }
  }

  #closed(h2: ClientHttp2Stream): void {
    const refused = h2.rstCode === NGHTTP2_REFUSED_STREAM;
    this.#session.leave(this);
    if (refused) this.#session.retire();
    this.#goOn();
    if (this.destroyed || this.#answerEnded) return;
    this.#fail(refused || this.#untouched ? refusal() : (this.#error ?? resetError(h2.rstCode)));
  }

  #fail(error: Error): void {
    this.destroy(error);
  }
}

/** As a port that nobody listens on: the request was not looked at. */
export function refusal(): Error {
  return Object.assign(new Error("it takes no request now"), { code: "ECONNREFUSED" });
}

function resetError(code: number): Error {
  return new Error(`it reset the stream (HTTP/2 error ${code})`);
}

/**
 * Tells of the end of a stream's data. Node.js says "end" of one that was reset as well, in the same words; but by then that is
 * closed, and one that ends by itself never is.
 */
function noteEnd(h2: ClientHttp2Stream, ended: () => void): void {
  const push = h2.push.bind(h2);
  h2.push = (chunk: unknown, encoding?: BufferEncoding) => {
    if (chunk === null && !h2.closed) ended();
    return push(chunk, encoding);
  };
}
