import { Duplex } from "node:stream";
import {
  encodeControl,
  encodeData,
  FLAG_FIN,
  FrameDecoder,
  FrameType,
  RstStatus,
  SpdyError,
  words,
} from "./frames.ts";
import type { Frame } from "./frames.ts";
import { HeaderReader, HeaderWriter, type SpdyHeaders } from "./header-block.ts";

const MAX_STREAMS = 1000;
/** A write is cut into frames of this size, so that streams take turns. */
const FRAME_BYTES = 32 * 1024;

/** One stream: a Duplex with half-close. */
export class SpdyStream extends Duplex {
  readonly id: number;
  readonly headers: SpdyHeaders;
  readonly #session: SpdySession;
  /** Whether the peer knows that this stream is over. */
  finished = false;
  /** What is to be written once the peer has taken the stream; null when it has. */
  #held: (() => void)[] | null;

  constructor(session: SpdySession, id: number, headers: SpdyHeaders, taken: boolean) {
    super({ allowHalfOpen: true });
    this.#session = session;
    this.id = id;
    this.headers = headers;
    this.#held = taken ? null : [];
  }

  /** The peer has taken it. @internal */
  taken(): void {
    const held = this.#held ?? [];
    this.#held = null;
    for (const write of held) write();
  }

  /** Runs what is to be done once the peer has taken the stream, now if it has. */
  whenTaken(write: () => void): void {
    if (this.#held === null) write();
    else this.#held.push(write);
  }

  override _read(): void {
    this.#session.resumed(this);
  }

  override _write(chunk: Buffer, _encoding: BufferEncoding, done: (error?: Error | null) => void): void {
    this.whenTaken(() => this.#session.sendData(this.id, chunk, done));
  }

  override _final(done: (error?: Error | null) => void): void {
    this.whenTaken(() => this.#session.sendFin(this.id, done));
  }

  override _destroy(error: Error | null, done: (error: Error | null) => void): void {
    this.#session.closed(this);
    done(error);
  }
}

/**
 * One end of a SPDY/3.1 connection over any byte stream: a socket after `Upgrade: SPDY/3.1`, or a WebSocket that carries the
 * same bytes. Streams are opened by the client alone. Ends with the connection; a protocol error ends the connection.
 */
export class SpdySession {
  readonly #transport: Duplex;
  readonly #onStream: ((stream: SpdyStream) => void) | null;
  readonly #streams = new Map<number, SpdyStream>();
  readonly #full = new Set<number>();
  readonly #decoder = new FrameDecoder();
  readonly #reader = new HeaderReader();
  readonly #writer = new HeaderWriter();
  #work: Promise<void> = Promise.resolve();
  #lastStreamId = 0;
  #ended = false;
  /** Resolves when the connection is over, for whatever reason. */
  readonly done: Promise<void>;

  /** @param onStream - Takes the streams of the client; null makes this the client's end. */
  constructor(transport: Duplex, onStream: ((stream: SpdyStream) => void) | null) {
    this.#transport = transport;
    this.#onStream = onStream;
    this.done = new Promise((resolve) => {
      const end = (error?: Error): void => {
        this.#end(error);
        resolve();
      };
      transport.once("close", () => end());
      transport.once("end", () => end());
      transport.once("error", end);
    });
    transport.on("data", (chunk: Buffer) => {
      // Header blocks inflate asynchronously; the chain keeps frames in order and holds the transport meanwhile.
      transport.pause();
      this.#work = this.#work
        .then(() => this.#take(chunk))
        .then(() => {
          if (this.#full.size === 0) transport.resume();
        })
        .catch((error: unknown) => {
          transport.destroy(error instanceof Error ? error : new SpdyError(String(error)));
        });
    });
  }

  /**
   * Opens a stream, at the client's end. What is written before the server has taken it is held back: Go's implementation,
   * which every kubelet has, drops data for a stream that it has not answered yet.
   *
   * @throws SpdyError where the connection is over.
   */
  open(headers: SpdyHeaders): SpdyStream {
    if (this.#ended) throw new SpdyError("connection closed");
    const id = this.#lastStreamId === 0 ? 1 : this.#lastStreamId + 2;
    this.#lastStreamId = id;
    const stream = this.#add(id, headers, false);
    // No stream that this one belongs to, and the highest priority.
    const payload = Buffer.concat([words(id, 0), Buffer.alloc(2), this.#writer.write(headers)]);
    this.#transport.write(encodeControl(FrameType.synStream, 0, payload));
    return stream;
  }

  /** Ends the connection: streams that are open are cut. */
  close(): void {
    if (!this.#ended) this.#transport.end(encodeControl(FrameType.goAway, 0, words(this.#lastStreamId, 0)));
  }

  async #take(chunk: Buffer): Promise<void> {
    for (const frame of this.#decoder.push(chunk)) {
      if (this.#ended) return;
      if (frame.kind === "data") this.#takeData(frame);
      else await this.#takeControl(frame);
    }
  }

  #takeData(frame: Extract<Frame, { kind: "data" }>): void {
    const stream = this.#streams.get(frame.streamId);
    if (stream === undefined || stream.destroyed) return;
    if (frame.data.length > 0 && !stream.push(Buffer.from(frame.data))) this.#full.add(stream.id);
    if (frame.fin) stream.push(null);
  }

  async #takeControl(frame: Extract<Frame, { kind: "control" }>): Promise<void> {
    const { payload } = frame;
    if (frame.version !== 3) throw new SpdyError(`SPDY version ${frame.version}`);
    const word = (offset: number): number => {
      if (payload.length < offset + 4) throw new SpdyError(`short control frame of type ${frame.type}`);
      return payload.readUInt32BE(offset) & 0x7fffffff;
    };
    switch (frame.type) {
      case FrameType.synStream: {
        const id = word(0);
        word(6);
        this.#accept(id, await this.#reader.read(payload.subarray(10)), (frame.flags & FLAG_FIN) !== 0);
        return;
      }
      case FrameType.synReply:
        this.#streams.get(word(0))?.taken();
        await this.#reader.read(payload.subarray(4));
        return;
      case FrameType.headers:
        // Read although nothing here uses it: the blocks of a connection share one zlib stream.
        await this.#reader.read(payload.subarray(4));
        return;
      case FrameType.rstStream:
        this.#reset(word(0));
        return;
      case FrameType.ping:
        // A client's pings have odd identifiers, a server's even ones; only the peer's are answered.
        if (word(0) % 2 === (this.#onStream === null ? 0 : 1))
          this.#transport.write(encodeControl(FrameType.ping, 0, payload.subarray(0, 4)));
        return;
      default:
    }
  }

  #accept(id: number, headers: SpdyHeaders, fin: boolean): void {
    if (this.#onStream === null) throw new SpdyError("the server opened a stream");
    if (id % 2 === 0 || id <= this.#lastStreamId) throw new SpdyError(`stream id ${id} out of order`);
    this.#lastStreamId = id;
    if (this.#streams.size >= MAX_STREAMS) {
      this.#transport.write(encodeControl(FrameType.rstStream, 0, words(id, RstStatus.refusedStream)));
      return;
    }
    const stream = this.#add(id, headers, true);
    this.#transport.write(
      encodeControl(FrameType.synReply, 0, Buffer.concat([words(id), this.#writer.write(new Map())])),
    );
    if (fin) stream.push(null);
    this.#onStream(stream);
  }

  #add(id: number, headers: SpdyHeaders, taken: boolean): SpdyStream {
    const stream = new SpdyStream(this, id, headers, taken);
    // The peer may cut a stream at any time; whoever uses the stream sees its `close`.
    stream.on("error", () => {});
    this.#streams.set(id, stream);
    return stream;
  }

  #reset(id: number): void {
    const stream = this.#streams.get(id);
    if (stream === undefined) return;
    stream.finished = true;
    stream.destroy();
  }

  #end(error?: Error): void {
    if (this.#ended) return;
    this.#ended = true;
    this.#reader.close();
    for (const stream of this.#streams.values()) stream.destroy(error ?? new SpdyError("connection closed"));
    this.#streams.clear();
    this.#transport.destroy();
  }

  /** @internal */
  sendData(id: number, data: Buffer, done: (error?: Error | null) => void): void {
    if (this.#ended) {
      done(new SpdyError("connection closed"));
      return;
    }
    if (data.length === 0) {
      done();
      return;
    }
    // Each frame is a write of its own: over a WebSocket that is a message, whose size the peer limits.
    this.#transport.cork();
    for (let offset = 0; offset < data.length; offset += FRAME_BYTES) {
      const end = offset + FRAME_BYTES;
      const frame = encodeData(id, data.subarray(offset, end), false);
      if (end < data.length) this.#transport.write(frame);
      else this.#transport.write(frame, done);
    }
    this.#transport.uncork();
  }

  /** @internal */
  sendFin(id: number, done: (error?: Error | null) => void): void {
    const stream = this.#streams.get(id);
    if (stream !== undefined) stream.finished = true;
    if (this.#ended) done();
    else this.#transport.write(encodeData(id, Buffer.alloc(0), true), done);
  }

  /** @internal */
  resumed(stream: SpdyStream): void {
    if (this.#full.delete(stream.id) && this.#full.size === 0) this.#transport.resume();
  }

  /** @internal */
  closed(stream: SpdyStream): void {
    this.#streams.delete(stream.id);
    this.resumed(stream);
    if (stream.finished || this.#ended) return;
    stream.finished = true;
    this.#transport.write(encodeControl(FrameType.rstStream, 0, words(stream.id, RstStatus.cancel)));
  }
}
