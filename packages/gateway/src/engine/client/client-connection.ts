import { SandgateError } from "@sandgate/contract";
import { CR, LF } from "../head/byte-classes.ts";
import { INCOMPLETE } from "../head/header-fields.ts";
import type { Channel, ChannelEvents } from "../net/channel.ts";
import { Deadline } from "../net/deadline.ts";
import type { EngineParts } from "../engine-parts.ts";
import type { ClientPeer } from "./client-peer.ts";
import { Exchange } from "./exchange.ts";

/** How long a peer gets to end its side once ours is ended. */
const LINGER_MS = 2_000;
/** What is read and thrown away meanwhile: an end in the middle of it would be a reset, and take the answer with it. */
const LINGER_BYTES = 1024 * 1024;

/** What of a connection concerns whoever has it. */
export interface ClientConnectionOwner {
  /** It is gone. */
  closed(connection: ClientConnection): void;
  /**
   * Its first bytes may be the begin of another protocol than HTTP/1.x.
   *
   * @returns What to do: it has taken the connection, wants to be asked again with more of it, or they are none of its.
   */
  readonly switches:
    | ((connection: ClientConnection, bytes: Buffer, start: number, end: number) => Switch)
    | null;
}
export type Switch = "taken" | "more" | "none";

/** What the connection is waiting for. */
type Phase =
  /** A request, or the rest of its head. */
  | "head"
  /** The end of an exchange. */
  | "exchange"
  /** Two ends speak to one another; the tunnel has the channel. */
  | "tunnel"
  /** Its own end. */
  | "closing";

/** A client's connection: takes one request after another off it, each with its exchange. */
export class ClientConnection implements ChannelEvents {
  readonly channel: Channel;
  readonly deadline: Deadline;
  readonly exchange: Exchange;
  readonly peer: ClientPeer;
  /** The client has sent its end. */
  clientEnded = false;
  readonly #parts: EngineParts;
  readonly #owner: ClientConnectionOwner;
  #phase: Phase = "head";
  /** Bytes that have come and that nobody has taken yet. */
  #held: Buffer | null = null;
  #consuming = false;
  #lingered = 0;
  /** Bytes of a head are there. */
  #headBegun = false;
  /** An empty line before the next request was passed over. */
  #lineSkipped = false;
  /** It ends after the exchange under way. */
  #last = false;

  /** @param open - Makes its channel. */
  constructor(
    peer: ClientPeer,
    parts: EngineParts,
    owner: ClientConnectionOwner,
    open: (events: ChannelEvents) => Channel,
  ) {
    this.peer = peer;
    this.#parts = parts;
    this.#owner = owner;
    this.deadline = new Deadline(() => this.#timeUp());
    this.deadline.set(parts.limits.headTimeoutMs);
    this.exchange = new Exchange(this, parts);
    this.channel = open(this);
  }

  get idle(): boolean {
    return this.#phase === "head" && this.#held === null;
  }

  bytes(bytes: Buffer, length: number): void {
    if (this.#phase === "closing") {
      this.#lingered += length;
      if (this.#lingered > LINGER_BYTES) this.channel.destroy();
      return;
    }
    if (this.#held === null) {
      this.#consume(bytes, 0, length);
      return;
    }
    const joined = Buffer.concat([this.#held, bytes.subarray(0, length)]);
    this.#held = null;
    this.#consume(joined, 0, joined.length);
  }

  ended(): void {
    this.clientEnded = true;
    if (this.#phase === "exchange") this.exchange.clientEnded();
    // An end in the middle of a head leaves nobody to answer.
    else this.close();
  }

  drained(): void {
    if (this.#phase === "exchange") this.exchange.clientDrained();
    else if (this.#phase === "head") this.consumeHeld();
  }

  closed(): void {
    this.deadline.end();
    const busy = this.#phase === "exchange";
    this.#phase = "closing";
    this.#held = null;
    if (busy) this.exchange.clientGone();
    this.#owner.closed(this);
  }

  /** Goes on with what was held back, and reads again. */
  consumeHeld(): void {
    if (this.#consuming) return;
    const held = this.#held;
    this.#held = null;
    // What cannot go on even now holds it up again.
    this.channel.resume();
    if (held !== null) this.#consume(held, 0, held.length);
  }

  /** The exchange is over, and with it the connection unless it is kept. */
  exchangeDone(keep: boolean): void {
    if (this.#phase !== "exchange") return;
    if (!keep || this.#last || this.clientEnded) {
      this.close();
      return;
    }
    this.#phase = "head";
    this.deadline.set(this.#parts.limits.keepAliveTimeoutMs);
    // Whoever takes no answers gets no more of them.
    if (!this.channel.full) this.consumeHeld();
  }

  /** Gives the channel away; what was held back is for whoever gets it. */
  becomeTunnel(): Buffer | null {
    const held = this.#held;
    this.#held = null;
    this.#phase = "tunnel";
    this.deadline.clear();
    return held;
  }

  /** Takes no further request after the one under way; ends at once where there is none. */
  finish(): void {
    this.#last = true;
    if (this.idle) this.close();
  }

  /** Whether it will take no further request. */
  get last(): boolean {
    return this.#last || this.#parts.state.draining;
  }

  /** Sends the end, and waits a moment for the peer's. */
  close(): void {
    if (this.#phase === "closing") return;
    this.#phase = "closing";
    this.#held = null;
    // What was written may take its time; the peer's end may not.
    this.deadline.set(this.#parts.limits.idleTimeoutMs);
    this.channel.end(() => {
      if (!this.channel.destroyed) this.deadline.set(LINGER_MS);
    });
    this.channel.resume();
  }

  destroy(): void {
    this.channel.destroy();
  }

  #consume(bytes: Buffer, from: number, end: number): void {
    this.#consuming = true;
    let at = from;
    while (at < end && !this.channel.destroyed) {
      if (this.#phase === "head") {
        if (this.channel.full) break;
        at = this.#takeHead(bytes, at, end);
        if (at === INCOMPLETE) break;
      } else if (this.#phase === "exchange") {
        const next = this.exchange.takeBody(bytes, at, end);
        if (next === at) break;
        at = next;
      } else break;
    }
    this.#consuming = false;
    if (at === INCOMPLETE || at >= end || this.#phase === "closing" || this.#phase === "tunnel") return;
    this.#hold(bytes, at, end);
    this.channel.pause();
  }

  /** @returns Where the head ended, or INCOMPLETE when nothing more can be done with these bytes now. */
  #takeHead(bytes: Buffer, from: number, end: number): number {
    const { limits } = this.#parts;
    let start = from;
    // Some clients send an empty line after a body (RFC 9112, section 2.2). One, however its bytes are cut.
    if (bytes[from] === CR && !this.#lineSkipped) {
      if (end - from === 1) {
        this.#hold(bytes, from, end);
        return INCOMPLETE;
      }
      if (bytes[from + 1] === LF) {
        this.#lineSkipped = true;
        start += 2;
        if (start === end) return end;
      }
    }
    let bodyStart: number;
    try {
      bodyStart = this.exchange.head.scan(bytes, start, end);
      if ((bodyStart === INCOMPLETE ? end : bodyStart) - start > limits.headBytes)
        throw new SandgateError(
          "REQUEST_HEAD_TOO_LARGE",
          `URL and headers of the request take more than ${limits.headBytes} bytes together.`,
        );
    } catch (error) {
      if (this.#switches(bytes, from, end)) return INCOMPLETE;
      this.#phase = "exchange";
      this.exchange.refuse(error);
      return INCOMPLETE;
    }
    if (bodyStart === INCOMPLETE) {
      this.#awaitHead(bytes, start, end);
      return INCOMPLETE;
    }
    this.#headBegun = false;
    this.#lineSkipped = false;
    this.#phase = "exchange";
    return this.exchange.begin(bytes, bodyStart, end);
  }

  /** Looked at only where the first bytes of all are no request: the others need not pay for it. */
  #switches(bytes: Buffer, start: number, end: number): boolean {
    if (this.exchange.beganMs !== 0 || this.#lineSkipped || this.#owner.switches === null) return false;
    const what = this.#owner.switches(this, bytes, start, end);
    if (what === "none") return false;
    if (what === "more") this.#awaitHead(bytes, start, end);
    else {
      this.#phase = "closing";
      this.deadline.end();
    }
    return true;
  }

  #awaitHead(bytes: Buffer, start: number, end: number): void {
    // Counted from the first byte: whoever sends one every nine seconds gets no further.
    if (!this.#headBegun) {
      this.#headBegun = true;
      this.deadline.set(this.#parts.limits.headTimeoutMs);
    }
    this.#hold(bytes, start, end);
  }

  #hold(bytes: Buffer, start: number, end: number): void {
    this.#held = Buffer.copyBytesFrom(bytes, start, end - start);
  }

  #timeUp(): void {
    if (this.#phase === "exchange") this.exchange.timeUp();
    else if (this.#phase === "closing") this.channel.destroy();
    else if (this.#phase === "head" && this.#headBegun) {
      this.#phase = "exchange";
      this.exchange.refuse(new SandgateError("REQUEST_TOO_SLOW", "URL and headers did not come in time."));
    } else this.close();
  }
}
