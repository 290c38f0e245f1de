import { connect, Socket, type LookupFunction, type OnReadOpts } from "node:net";
import type { Duplex } from "node:stream";
import { TLSSocket } from "node:tls";
import { BUFFER_BYTES, giveBuffer, SHARED_BUFFER, takeBuffer } from "./buffer-pool.ts";

/** What a channel tells whoever has it at the moment. */
export interface ChannelEvents {
  /** Bytes from 0 to the length have come. They are good until it returns. */
  bytes(bytes: Buffer, length: number): void;
  /** The peer sends no more. */
  ended(): void;
  /** What was written is with the kernel, after `write` or `pass` said that it was too much. */
  drained(): void;
  /** The last of all. Null without an error. */
  closed(error: NodeJS.ErrnoException | null): void;
}

/** Up to here bytes are copied as a string: Node.js writes one at once, from the stack. */
const STRING_BYTES = 12 * 1024;

/** A read of less says that the connection is no longer a busy one. */
const BUSY_BYTES = BUFFER_BYTES / 8;
/**
 * So many connections may have a buffer of their own: 32 MiB. Only a read can take one away again, so whoever falls silent after
 * a large one keeps it. The others copy, which costs time and no memory.
 */
const MAX_OWNERS = 256;
let owners = 0;

const CHANNEL = Symbol("channel");
interface ChannelStream extends Duplex {
  [CHANNEL]: Channel;
}

// The same functions for all streams: a gateway has ten thousands of them, most of them idle.
function onDrain(this: ChannelStream): void {
  this[CHANNEL].drained();
}
function onEnd(this: ChannelStream): void {
  this[CHANNEL].events.ended();
}
function onError(this: ChannelStream, error: NodeJS.ErrnoException): void {
  this[CHANNEL].failed(error);
}
function onClose(this: ChannelStream): void {
  this[CHANNEL].gone();
}
function onData(this: ChannelStream, chunk: Buffer): void {
  this[CHANNEL].streamed += chunk.length;
  this[CHANNEL].events.bytes(chunk, chunk.length);
}

/** Node.js calls it with the socket, which its types do not tell. */
function onRead(this: unknown, length: number, bytes: Uint8Array): boolean {
  (this as ChannelStream)[CHANNEL].read(bytes as Buffer, length);
  return true;
}

/**
 * A connection as the engine sees it: bytes in by callback, strings and bytes out, nothing of a stream in between.
 *
 * Reading goes into one buffer that all share. A connection that fills it gets one of its own, and then its bytes are written to
 * another connection without being copied: whatever the kernel does not take at once stays in that buffer, the reader gets
 * another, and it goes back to the pool when it is written.
 */
export class Channel {
  events: ChannelEvents;
  /** Bytes that were written to it so far, those still waiting among them. */
  sent = 0;
  /** Bytes that were read from a stream, of which nobody else has a count. */
  streamed = 0;
  readonly #stream: Duplex;
  /** The last error, told when it closes. */
  #error: NodeJS.ErrnoException | null = null;
  /** The buffer of its own that it reads into, null for the shared one. */
  #own: Buffer | null = null;
  /** What the next read goes into, where that is another than before. */
  #next: Buffer | undefined = SHARED_BUFFER;
  /** Buffers whose bytes are being written to this channel; null until there was one. */
  #lent: Buffer[] | null = null;
  /** Gives them back when they are written. */
  #written: (() => void) | null = null;
  /**
   * What is written is with the kernel, or encrypted, when the stream says so. A stream over another one may say so while the
   * bytes wait in the lower one, and gets memory that nobody uses again.
   */
  readonly #keepsNothing: boolean;

  private constructor(events: ChannelEvents, open: (channel: Channel) => Duplex, chooses: boolean) {
    this.events = events;
    const stream = (this.#stream = open(this));
    this.#keepsNothing = stream instanceof Socket;
    (stream as ChannelStream)[CHANNEL] = this;
    stream.on("drain", onDrain).on("end", onEnd).on("error", onError).on("close", onClose);
    if (!chooses) stream.on("data", onData);
  }

  /** Dials. Failures come as `closed`; `onConnect` is called once it is open. */
  static dial(
    to: { host: string; port: number; lookup?: LookupFunction },
    events: ChannelEvents,
    onConnect: () => void,
  ): Channel {
    return new Channel(
      events,
      (channel) =>
        connect({ ...to, onread: channel.#onread(), allowHalfOpen: true, noDelay: true }, onConnect),
      true,
    );
  }

  /**
   * Takes over the handle of a socket that a server with `pauseOnConnect` has accepted. Accepted sockets cannot be told what
   * to read into, only made ones can. `canTakeOver` says whether this Node.js allows it.
   */
  static takeOver(socket: Socket, events: ChannelEvents): Channel {
    const inner = socket as unknown as { _handle: unknown };
    const handle = inner._handle;
    inner._handle = null;
    return new Channel(
      events,
      (channel) =>
        new Socket({ handle, allowHalfOpen: true, onread: channel.#onread() } as ConstructorParameters<
          typeof Socket
        >[0]),
      true,
    );
  }

  /** Over any other stream: TLS, or a tunnel. */
  static over(stream: Duplex, events: ChannelEvents): Channel {
    return new Channel(events, () => stream, false);
  }

  /**
   * Gives its stream away, to whoever knows what to do with bytes that it has read; the channel is of no more use.
   *
   * @param unread - What of its bytes the next one is to read first; they are copied.
   */
  release(unread: Buffer): Duplex {
    const stream = this.#stream;
    stream.off("drain", onDrain).off("end", onEnd).off("error", onError).off("close", onClose);
    if (stream.listenerCount("data") > 0) stream.off("data", onData).pause();
    if (unread.length > 0) stream.unshift(Buffer.from(unread));
    this.#leaveOwn();
    return stream;
  }

  /** Null where it is no socket. */
  get socket(): Socket | null {
    return this.#stream instanceof Socket ? this.#stream : null;
  }

  /** Bytes that were read so far, which a socket counts anyway. */
  get received(): number {
    return this.socket?.bytesRead ?? this.streamed;
  }

  get destroyed(): boolean {
    return this.#stream.destroyed;
  }

  /** Too much is on its way out already; `drained` will tell. */
  get full(): boolean {
    return this.#stream.writableNeedDrain;
  }

  /**
   * Sends text whose characters are bytes.
   *
   * @returns false where nothing more should be sent before `drained`.
   */
  write(text: string): boolean {
    this.sent += text.length;
    return this.#stream.write(text, "latin1");
  }

  /** Sends what another channel is just telling of, without keeping hold of that memory. */
  pass(bytes: Buffer, start: number, end: number, source: Channel): boolean {
    this.sent += end - start;
    if (end - start <= STRING_BYTES)
      return this.#stream.write(bytes.toString("latin1", start, end), "latin1");
    // Whatever is read into neither of the two was made for these bytes alone.
    if (bytes !== SHARED_BUFFER && bytes !== source.#own)
      return this.#stream.write(bytes.subarray(start, end));
    if (source.#own === bytes && this.#keepsNothing) {
      const more = this.#stream.write(bytes.subarray(start, end), this.#whenWritten());
      if (this.#lend(bytes)) source.#own = source.#next = takeBuffer();
      return more;
    }
    return this.#writeCopy("", bytes, start, end);
  }

  /** Sends a head with what there is of its body, in one write. */
  writeWith(head: string, bytes: Buffer, start: number, end: number, source: Channel): boolean {
    const length = head.length + end - start;
    if (length <= BUFFER_BYTES) {
      this.sent += length;
      return length <= STRING_BYTES
        ? this.#stream.write(start === end ? head : head + bytes.toString("latin1", start, end), "latin1")
        : this.#writeCopy(head, bytes, start, end);
    }
    this.#stream.cork();
    this.write(head);
    const more = this.pass(bytes, start, end, source);
    this.#stream.uncork();
    return more;
  }

  #writeCopy(head: string, bytes: Buffer, start: number, end: number): boolean {
    if (!this.#keepsNothing) {
      const copy = Buffer.copyBytesFrom(bytes, start, end - start);
      return this.#stream.write(head === "" ? copy : Buffer.concat([Buffer.from(head, "latin1"), copy]));
    }
    const buffer = takeBuffer();
    const at = head === "" ? 0 : buffer.write(head, "latin1");
    bytes.copy(buffer, at, start, end);
    const more = this.#stream.write(buffer.subarray(0, at + end - start), this.#whenWritten());
    if (!this.#lend(buffer)) giveBuffer(buffer);
    return more;
  }

  #whenWritten(): () => void {
    return (this.#written ??= () => this.#takeBack());
  }

  /** @returns false where the kernel has taken all of it already. */
  #lend(buffer: Buffer): boolean {
    if (this.#stream.writableLength === 0) return false;
    (this.#lent ??= []).push(buffer);
    return true;
  }

  /** Several writes until `uncork` go out as one. */
  cork(): void {
    this.#stream.cork();
  }

  uncork(): void {
    this.#stream.uncork();
  }

  pause(): void {
    this.#stream.pause();
  }

  resume(): void {
    this.#stream.resume();
  }

  /** Sends the end after what was written. `sent` is called when the kernel has all of it, or none of it any more. */
  end(sent?: () => void): void {
    this.#stream.end(sent);
  }

  destroy(): void {
    this.#stream.destroy();
  }

  /** Ends it by a reset, which nobody takes for an end. TLS tells an end in its own words, and leaving them out is as good. */
  reset(): void {
    if (this.#stream instanceof Socket && !(this.#stream instanceof TLSSocket))
      this.#stream.resetAndDestroy();
    else this.#stream.destroy();
  }

  /** Of its stream: all that was written is with the kernel. */
  drained(): void {
    this.#takeBack();
    this.events.drained();
  }

  /** Of its stream: why it will close. */
  failed(error: NodeJS.ErrnoException): void {
    this.#error = error;
  }

  /** Of its stream: it is closed. */
  gone(): void {
    this.#leaveOwn();
    this.events.closed(this.#error);
  }

  /** Of its socket: that many bytes were read. */
  read(buffer: Buffer, length: number): void {
    this.events.bytes(buffer, length);
    if (this.#own !== null) {
      if (length < BUSY_BYTES) this.#leaveOwn();
    } else if (length === BUFFER_BYTES && owners < MAX_OWNERS) {
      owners++;
      this.#own = this.#next = takeBuffer();
    }
  }

  #takeBack(): void {
    if (this.#lent === null || this.#lent.length === 0 || this.#stream.writableLength > 0) return;
    for (const buffer of this.#lent.splice(0)) giveBuffer(buffer);
  }

  #onread(): OnReadOpts {
    return {
      // Called after each read; nothing but a buffer changes where the next one goes.
      buffer: () => {
        const next = this.#next;
        this.#next = undefined;
        return next as Buffer;
      },
      callback: onRead,
    };
  }

  #leaveOwn(): void {
    if (this.#own === null) return;
    owners--;
    giveBuffer(this.#own);
    this.#own = null;
    this.#next = SHARED_BUFFER;
  }
}
