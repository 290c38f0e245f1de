import { CHUNKED, UNTIL_CLOSE, type BodyLength } from "../body/body-length.ts";
import { BodyReader } from "../body/body-reader.ts";
import { INCOMPLETE } from "../head/header-fields.ts";
import { ResponseHead } from "../head/response-head.ts";
import type { UpstreamUser } from "../upstream/upstream.ts";
import type { ExchangeCore } from "./exchange-core.ts";
import { broken, brokenAnswer } from "./failures.ts";
import { ownLines } from "./own-lines.ts";
import { interimText, responseText, upgradeText, type Framing } from "./response-text.ts";
import { openTunnelBetween, type Tunnel } from "./tunnel.ts";

/** Heads of answers are scanned one at a time, and what is needed of one later is kept here. */
const RESPONSE = new ResponseHead();
/** Applications send large cookies and policies; more than this is no head. */
const RESPONSE_HEAD_BYTES = 64 * 1024;
/** A sandbox may tell this often that it is still at work. */
const MAX_INTERIM = 64;

/** What the receiver needs of the half that sends. */
export interface Sending {
  connected(): void;
  drained(): void;
  /** The connection was not made. */
  dialFailed(error: NodeJS.ErrnoException | null): void;
  /** Sends the request once more, on a connection that nobody has used. */
  repeat(): void;
  readonly complete: boolean;
}

/** The half of an exchange that takes the sandbox's answer and passes it to the client. */
export class AnswerReceiver {
  readonly body = new BodyReader("BROKEN");
  tunnel: Tunnel | null = null;
  /** What the connection to the sandbox tells. */
  readonly user: UpstreamUser;
  readonly #core: ExchangeCore;
  readonly #sending: Sending;
  /** Begin of a head that is not all there. */
  #held: Buffer | null = null;
  #framing: Framing = "same";
  #keepsClient = false;
  #keepsUpstream = false;
  #interims = 0;
  /** They are sent whether the client reads or not, so all of them count with the head. */
  #interimBytes = 0;
  /** The client takes no more for now. */
  #heldUp = false;

  constructor(core: ExchangeCore, sending: Sending) {
    this.#core = core;
    this.#sending = sending;
    this.user = {
      connected: () => sending.connected(),
      drained: () => sending.drained(),
      bytes: (bytes, length) => this.#bytes(bytes, length),
      ended: () => this.#ended(),
      closed: (error) => this.#closed(error),
    };
  }

  begin(): void {
    this.tunnel = null;
    this.#held = null;
    this.#interims = 0;
    this.#interimBytes = 0;
    this.#heldUp = false;
    this.body.begin(0);
  }

  /** Nothing but the connection's end tells the client where the body ends. */
  get endsByClose(): boolean {
    if (this.#core.phase !== "answering") return false;
    return this.#framing === "from-chunks" || (this.#framing === "same" && this.body.length === UNTIL_CLOSE);
  }

  clientDrained(): void {
    if (!this.#heldUp) return;
    this.#heldUp = false;
    this.#core.client.deadline.set(this.#core.plan!.limits.idleTimeoutMs);
    this.#core.upstream?.channel?.resume();
  }

  #bytes(bytes: Buffer, length: number): void {
    const { phase, plan } = this.#core;
    if (phase === "answering") this.#relay(bytes, 0, length);
    else if (phase === "waiting") this.#takeHead(bytes, length);
    else this.#core.fail(brokenAnswer(plan!.name, "it speaks before it is asked"));
  }

  #takeHead(bytes: Buffer, length: number): void {
    const plan = this.#core.plan!;
    const { name } = plan;
    const held = this.#held;
    const all = held === null ? bytes : Buffer.concat([held, bytes.subarray(0, length)]);
    const end = held === null ? length : all.length;
    this.#held = null;
    let at = 0;
    try {
      while (at < end) {
        const bodyStart = RESPONSE.scan(all, at, end);
        const bytesOfHead = (bodyStart === INCOMPLETE ? end : bodyStart) - at;
        if (this.#interimBytes + bytesOfHead > RESPONSE_HEAD_BYTES)
          throw brokenAnswer(name, `its head takes more than ${RESPONSE_HEAD_BYTES} bytes`);
        if (bodyStart === INCOMPLETE) {
          this.#held = Buffer.copyBytesFrom(all, at, end - at);
          return;
        }
        at = bodyStart;
        if (RESPONSE.status === 101) {
          this.#switch(all, at, end);
          return;
        }
        if (RESPONSE.status >= 200) {
          this.#beginAnswer(all, at, end);
          return;
        }
        this.#interimBytes += bytesOfHead;
        if (++this.#interims > MAX_INTERIM) throw brokenAnswer(name, "it sends interim answers without end");
        if (this.#core.head.minor === 1) this.#core.client.channel.write(interimText(RESPONSE, plan.rescope));
      }
    } catch (error) {
      this.#core.fail(error);
    }
  }

  #beginAnswer(bytes: Buffer, at: number, end: number): void {
    const core = this.#core;
    const { channel } = core.client;
    const length = RESPONSE.bodyLength(core.head.method);
    this.body.begin(length);
    // Nothing is said to the client before the bytes at hand are found to be good.
    const framing = (this.#framing = framingFor(RESPONSE.status, length, core.head.minor));
    const stop = framing === "from-chunks" ? at : this.body.take(bytes, at, end);
    this.#keepsUpstream = RESPONSE.keepsAlive && length !== UNTIL_CLOSE;
    // Who hoped for a tunnel may have sent bytes for it, which are no request.
    this.#keepsClient =
      !core.plan!.upgrade &&
      core.clientKeeps &&
      framing !== "from-chunks" &&
      (length !== UNTIL_CLOSE || framing === "to-chunks");
    const connection = core.connectionValue(this.#keepsClient);
    core.answeredMs = performance.now();
    const own = ownLines(RESPONSE.fields, core);
    const text = responseText(RESPONSE, framing, connection, core.plan!.rescope, own);
    core.status = RESPONSE.status;
    core.phase = "answering";
    if (framing === "from-chunks") {
      channel.write(text);
      if (at < end) this.#relay(bytes, at, end);
      return;
    }
    if (framing !== "to-chunks") {
      this.#afterPiece(channel.writeWith(text, bytes, at, stop, core.upstream!.channel!), stop, end);
      return;
    }
    channel.cork();
    channel.write(text);
    const more = stop === at || this.#passPiece(bytes, at, stop);
    channel.uncork();
    this.#afterPiece(more, stop, end);
  }

  /** A body's bytes, of an answer whose head is sent. */
  #relay(bytes: Buffer, at: number, end: number): void {
    const { channel } = this.#core.client;
    const source = this.#core.upstream!.channel!;
    const apart = this.#framing === "from-chunks";
    let more = true;
    let stop: number;
    try {
      if (apart)
        this.body.takeApart((data, from, to) => {
          more = channel.pass(data, from, to, source);
        });
      stop = this.body.take(bytes, at, end);
    } catch {
      this.#core.cut("BROKEN");
      return;
    }
    if (!apart && stop > at) more = this.#passPiece(bytes, at, stop);
    this.#afterPiece(more, stop, end);
  }

  #passPiece(bytes: Buffer, at: number, stop: number): boolean {
    const { channel } = this.#core.client;
    const source = this.#core.upstream!.channel!;
    if (this.#framing !== "to-chunks") return channel.pass(bytes, at, stop, source);
    channel.cork();
    channel.write(`${(stop - at).toString(16)}\r\n`);
    channel.pass(bytes, at, stop, source);
    const more = channel.write("\r\n");
    channel.uncork();
    return more;
  }

  #afterPiece(more: boolean, at: number, end: number): void {
    if (this.body.done) {
      // Bytes after the end belong to no answer that anybody asked for.
      this.#complete(at === end);
      return;
    }
    this.#core.client.deadline.set(this.#core.plan!.limits.idleTimeoutMs);
    if (more) return;
    this.#heldUp = true;
    this.#core.upstream!.channel!.pause();
  }

  #complete(clean: boolean): void {
    const core = this.#core;
    const upstream = core.upstream!;
    const { complete } = this.#sending;
    core.upstream = null;
    if (clean && this.#keepsUpstream && complete) core.parts.pool.give(upstream);
    else core.parts.pool.drop(upstream);
    core.end(core.status, null, this.#keepsClient && complete);
  }

  #switch(bytes: Buffer, at: number, end: number): void {
    const core = this.#core;
    const { client } = core;
    const plan = core.plan!;
    if (!plan.upgrade) throw brokenAnswer(plan.name, "it switches protocols without being asked");
    core.status = 101;
    core.answeredMs = performance.now();
    const websocket = RESPONSE.fields.value("upgrade")?.toLowerCase() === "websocket";
    core.tunnel = websocket ? "websocket" : "other";
    core.parts.counters.tunnels[core.tunnel]++;
    client.channel.write(upgradeText(RESPONSE, plan.rescope, ownLines(RESPONSE.fields, core)));
    const held = client.becomeTunnel();
    core.tunnelFrom = client.channel.received - (held?.length ?? 0);
    core.phase = "tunnel";
    // A tunnel may be idle for days; what was sent is of no more use.
    core.plan = null;
    const { idleTimeoutMs } = plan.limits;
    const tunnel = (this.tunnel = openTunnelBetween(client.channel, core.upstream!.channel!, {
      websocket,
      idleTimeoutMs,
      onClosed: () => {
        core.end(101, null, false);
        client.closed();
      },
    }));
    if (held !== null) tunnel.fromClient(held);
    if (at < end) tunnel.fromSandbox(bytes, at, end);
    // An end that came before there was a tunnel is not told again.
    if (client.clientEnded) client.channel.events.ended();
    client.channel.resume();
  }

  #ended(): void {
    if (this.#core.phase !== "answering" || this.body.length !== UNTIL_CLOSE) {
      this.#closed(null);
      return;
    }
    if (this.#framing === "to-chunks") this.#core.client.channel.write("0\r\n\r\n");
    this.#complete(false);
  }

  #closed(error: NodeJS.ErrnoException | null): void {
    const core = this.#core;
    if (core.plan === null) return;
    const { name, target } = core.plan;
    if (core.phase === "connecting") this.#sending.dialFailed(error);
    else if (core.phase === "answering") core.cut("BROKEN");
    else if (core.phase === "waiting") {
      if (this.#mayRepeat()) this.#sending.repeat();
      else core.fail(broken(name, target.port, error));
    }
  }

  /**
   * A kept connection that ends before a byte of the answer was, most likely, closed by the sandbox before it saw the request.
   * What changes nothing and has no body may then be sent once more, on a connection of its own.
   */
  #mayRepeat(): boolean {
    const { head, upstream } = this.#core;
    return (
      upstream?.reused === true &&
      this.#held === null &&
      this.#interims === 0 &&
      head.bodyLength === 0 &&
      (head.method === "GET" || head.method === "HEAD" || head.method === "OPTIONS")
    );
  }
}

function framingFor(status: number, length: BodyLength, minor: 0 | 1): Framing {
  if (status === 204) return "none";
  if (length === CHUNKED) return minor === 0 ? "from-chunks" : "same";
  return length === UNTIL_CLOSE && minor === 1 ? "to-chunks" : "same";
}
