import { Duplex } from "node:stream";
import type { SpdyStream } from "./spdy/session.ts";

/** How long the reason for an end may come after the end. */
const REASON_MS = 1_000;

/**
 * One connection through a tunnel: a stream of data, and one on which the node tells in words why there is none. The words may
 * come a moment after the data's end. So an end without a single byte, which is what a refusal looks like, waits for them.
 */
export class ForwardedConnection extends Duplex {
  readonly #data: SpdyStream;
  readonly #error: SpdyStream;
  #received = false;

  constructor(data: SpdyStream, error: SpdyStream, port: number) {
    // The node ends the other direction as well, half a second after the one.
    super({ allowHalfOpen: false });
    this.#data = data;
    this.#error = error;
    // It may fail before anybody who asked for it has a listener; whoever does then finds it destroyed.
    this.on("error", () => {});
    error.on("data", (message: Buffer) => this.destroy(forwardError(message.toString(), port)));
    data.on("data", (chunk: Buffer) => {
      this.#received = true;
      if (!this.push(chunk)) data.pause();
    });
    data.once("end", () => this.#whenReasonIsKnown(() => this.push(null)));
    data.once("close", () => {
      if (!data.readableEnded) this.#whenReasonIsKnown(() => this.destroy(forwardError("cut", port)));
    });
  }

  /** Resolves once the node has taken both streams; rejects where the connection ends before. */
  taken(): Promise<void> {
    return new Promise((resolve, reject) => {
      this.once("close", () => reject(new Error("the tunnel ended before the connection was taken")));
      this.#error.whenTaken(() => this.#data.whenTaken(resolve));
    });
  }

  override _read(): void {
    this.#data.resume();
  }

  override _write(chunk: Buffer, _encoding: BufferEncoding, done: (error?: Error | null) => void): void {
    // Go's end has five workers that share the streams out by number, and each waits until somebody reads its data. Nobody
    // does before both streams of a connection are taken: data sent earlier makes workers wait for one another for ever.
    this.#error.whenTaken(() => this.#data.write(chunk, done));
  }

  override _final(done: () => void): void {
    this.#error.whenTaken(() => this.#data.end(done));
  }

  override _destroy(error: Error | null, done: (error: Error | null) => void): void {
    this.#data.destroy();
    this.#error.destroy();
    done(error);
  }

  #whenReasonIsKnown(then: () => void): void {
    if (this.#received || this.#error.destroyed || this.#error.readableEnded) {
      then();
      return;
    }
    const known = (): void => {
      clearTimeout(timer);
      if (!this.destroyed) then();
    };
    const timer = setTimeout(known, REASON_MS);
    this.#error.once("end", known).once("close", known);
  }
}

/** The node's text is all there is to tell a port that refuses from a connection that broke. */
function forwardError(message: string, port: number): NodeJS.ErrnoException {
  const refused = /connection refused|ECONNREFUSED/i.test(message);
  return Object.assign(new Error(refused ? `port ${port} refuses connections` : message.trim()), {
    code: refused ? "ECONNREFUSED" : "ECONNRESET",
  });
}
