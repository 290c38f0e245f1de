import { constants, type ServerHttp2Stream } from "node:http2";
import { Duplex } from "node:stream";
import { ClientAnswer } from "./client-answer.ts";
import { trailerTextOf, type RequestText } from "./client-request-text.ts";

const { NGHTTP2_NO_ERROR } = constants;

type Done = (error?: Error | null) => void;

/**
 * One stream of an HTTP/2 session as a connection of HTTP/1.1 with one request on it: what the engine reads from it is the request,
 * what it writes to it is the answer. Flow control goes through both ways: what the engine does not read is not asked for, and
 * what the client does not take is not written.
 */
export class ClientStream extends Duplex {
  readonly #stream: ServerHttp2Stream;
  readonly #request: RequestText;
  readonly #answer: ClientAnswer;
  /** All of the request has come. */
  #requestDone: boolean;
  /** Whatever else comes of it is for nobody. */
  #deaf = false;
  /** Lines of the request's trailers. */
  #trailers = "";
  /** Whoever waits for room on the stream. */
  #onRoom: Done | null = null;
  /** Whoever waits until the stream is over. */
  #onSent: Done | null = null;

  /** @param stream - Whose errors are listened to: here its end is what counts. */
  constructor(stream: ServerHttp2Stream, request: RequestText) {
    super();
    this.#stream = stream;
    this.#request = request;
    this.#answer = new ClientAnswer(stream, request, () => this.#said());
    // A tunnel is told of its end, whenever that comes.
    this.#requestDone = stream.endAfterHeaders && request.webSocketKey === null;
    this.push(Buffer.from(request.head, "latin1"));
    stream.on("data", (chunk: Buffer) => this.#data(chunk));
    stream.on("trailers", (_headers, _flags, raw) => this.#takeTrailers(raw));
    stream.on("end", () => this.#requestEnded());
    stream.on("drain", () => this.#room());
    stream.on("finish", () => this.#answer.finished());
    // A reset that names no error is told by nothing else: Node.js waits for writes that will never be done.
    stream.on("aborted", () => this.#reset());
    stream.on("close", () => this.#closed());
  }

  override _read(): void {
    if (this.#stream.isPaused()) this.#stream.resume();
  }

  override _write(bytes: Buffer, _encoding: BufferEncoding, done: Done): void {
    let more: boolean;
    try {
      if (this.#stream.destroyed) throw new Error("the client has gone");
      more = this.#answer.take(bytes);
    } catch (error) {
      done(error as Error);
      return;
    }
    if (more) done();
    else this.#onRoom = done;
  }

  override _final(done: Done): void {
    if (this.#answer.tunnel) this.#stream.end();
    else if (!this.#answer.complete) {
      done(new Error("an answer without an end"));
      return;
    }
    if (this.#stream.destroyed) {
      done();
      this.push(null);
    } else this.#onSent = done;
  }

  override _destroy(error: Error | null, done: Done): void {
    // With an error, and not by `close`: that would end the stream first, and a cut answer must not look like a whole one.
    if (!this.#stream.destroyed && !this.#stream.closed)
      this.#stream.destroy(error ?? new Error("its connection was cut"));
    done(error);
  }

  #data(chunk: Buffer): void {
    if (this.destroyed || this.#deaf) return;
    if (!this.push(this.#request.chunked ? inChunk(chunk) : chunk)) this.#stream.pause();
  }

  #takeTrailers(raw: readonly string[]): void {
    const text = trailerTextOf(raw);
    if (text === null) this.#reset();
    else this.#trailers = text;
  }

  #requestEnded(): void {
    if (this.destroyed || this.#deaf || this.#requestDone) return;
    // A reset may look like an end, and an upload that is cut must not look like a whole one. Where the stream has ended the other
    // way before, an end closes it, too.
    const { closed, rstCode, writableFinished } = this.#stream;
    if (closed && (rstCode !== NGHTTP2_NO_ERROR || !this.#answer.tunnel || !writableFinished)) return;
    this.#requestDone = true;
    if (this.#request.webSocketKey !== null) this.push(null);
    else if (this.#request.chunked) this.push(Buffer.from(`0\r\n${this.#trailers}\r\n`, "latin1"));
  }

  #room(): void {
    const done = this.#onRoom;
    this.#onRoom = null;
    done?.();
  }

  /** The client need not send the rest of a request that is answered (RFC 9113, section 8.1). */
  #said(): void {
    this.#deaf = true;
    if (!this.#requestDone && !this.#stream.closed) this.#stream.close(NGHTTP2_NO_ERROR);
    this.#stream.resume();
  }

  #reset(): void {
    if (this.destroyed) return;
    this.destroy(new Error("the client has reset its stream"));
    this.#stream.destroy();
  }

  #closed(): void {
    const { tunnel, complete } = this.#answer;
    if (!(tunnel ? this.#requestDone && this.#stream.writableFinished : complete)) {
      this.#reset();
      return;
    }
    if (!this.#stream.writableFinished) {
      // All was said, and Node.js closes before it tells so. There is no error in that, and making one takes long.
      this.destroy();
      return;
    }
    const done = this.#onSent;
    if (done === null) return;
    done();
    this.push(null);
  }
}

function inChunk(data: Buffer): Buffer {
  const size = `${data.length.toString(16)}\r\n`;
  const chunk = Buffer.allocUnsafe(size.length + data.length + 2);
  chunk.write(size, "latin1");
  data.copy(chunk, size.length);
  chunk.write("\r\n", size.length + data.length, "latin1");
  return chunk;
}
