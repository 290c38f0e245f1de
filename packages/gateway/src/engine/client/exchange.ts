import { randomUUID } from "node:crypto";
import { SandgateError } from "@sandgate/contract";
import { CHUNKED, UNTIL_CLOSE } from "../body/body-length.ts";
import { BodyReader } from "../body/body-reader.ts";
import type { EngineParts } from "../engine-parts.ts";
import type { ForwardPlan, OwnAnswer } from "../exchange-plan.ts";
import { INCOMPLETE } from "../head/header-fields.ts";
import { RequestHead } from "../head/request-head.ts";
import { ResponseHead } from "../head/response-head.ts";
import type { Upstream, UpstreamUser } from "../upstream/upstream.ts";
import type { ClientConnection } from "./client-connection.ts";
import { broken, brokenAnswer, dialFailure, timedOut, unreachable } from "./failures.ts";
import { interimText, ownText, responseText, upgradeText, type Framing } from "./response-text.ts";
import { openTunnelBetween, type Tunnel } from "./tunnel.ts";

/** Heads of answers are scanned one at a time, and what is needed of one later is kept by its exchange. */
const RESPONSE = new ResponseHead();
/** Applications send large cookies and policies; more than this is no head. */
const RESPONSE_HEAD_BYTES = 64 * 1024;
/** A sandbox may tell this often that it is still at work. */
const MAX_INTERIM = 64;
/** So much of a body travels in one write with its head. */
const WITH_HEAD_BYTES = 12 * 1024;
/** A client that has sent its end gets this long for the begin of an answer: most who end have gone. */
const HALF_CLOSED_MS = 1_000;

/** What the exchange is waiting for. */
type Phase =
  | "idle"
  /** Its address, caller and decision. */
  | "deciding"
  /** A connection to the sandbox. */
  | "connecting"
  /** The head of the answer; the request's body may still be on its way. */
  | "waiting"
  /** The end of the answer's body. */
  | "answering"
  | "tunnel"
  | "done";

/**
 * One request and its answer. There is one for each connection, used again for every request on it. Bodies pass as bytes, both
 * ways at once; whichever side cannot take more holds the other up.
 */
export class Exchange {
  readonly head = new RequestHead();
  readonly client: ClientConnection;
  requestId = "";
  beganMs = 0;
  /** Status that the client got, 0 before. */
  status = 0;
  /** Code of the gateway's own error. */
  error: string | null = null;
  /** Bytes of the request may have reached the sandbox. */
  reached = false;
  /** How far the bytes at hand are taken; for the connection. */
  inHandAt = 0;
  /** Of the handler: what it learns on its way. */
  context: unknown = null;
  readonly #parts: EngineParts;
  readonly #requestBody = new BodyReader("REQUEST_MALFORMED");
  readonly #responseBody = new BodyReader("BROKEN");
  readonly #sandbox: UpstreamUser;
  #phase: Phase = "idle";
  #plan: ForwardPlan | null = null;
  #upstream: Upstream | null = null;
  #tunnel: Tunnel | null = null;
  /** Bytes at hand while the head is being dealt with. */
  #inHand: Buffer | null = null;
  #inHandEnd = 0;
  /** The head could not be read, so nobody knows where the next request begins. */
  #unreadable = false;
  /** Begin of an answer's head that is not all there. */
  #responseHeld: Buffer | null = null;
  #framing: Framing = "same";
  #keepsClient = false;
  #keepsUpstream = false;
  #interims = 0;
  #clientPaused = false;
  #sandboxPaused = false;

  constructor(client: ClientConnection, parts: EngineParts) {
    this.client = client;
    this.#parts = parts;
    this.#sandbox = {
      connected: () => this.#sandboxConnected(),
      bytes: (bytes, length) => this.#sandboxBytes(bytes, length),
      ended: () => this.#sandboxEnded(),
      drained: () => this.#sandboxDrained(),
      closed: (error) => this.#sandboxClosed(error),
    };
  }

  /** Bytes of the two bodies so far. */
  get requestBytes(): number {
    return this.#requestBody.bytes;
  }
  get responseBytes(): number {
    return this.#tunnel?.bytesToClient ?? this.#responseBody.bytes;
  }
  /** `user/sandbox`, null before a decision. */
  get sandbox(): string | null {
    return this.#plan?.name ?? null;
  }

  // ---- For the connection ----

  /** A request, whose head is scanned; its body begins in these bytes. */
  begin(bytes: Buffer, at: number, end: number): void {
    this.#reset();
    this.#inHand = bytes;
    this.inHandAt = at;
    this.#inHandEnd = end;
    this.#requestBody.begin(this.head.bodyLength);
    this.#phase = "deciding";
    this.client.deadline.clear();
    this.#parts.handler.handle(this);
    this.#inHand = null;
  }

  /** What was sent is no request. */
  refuse(error: unknown): void {
    this.#reset();
    this.#unreadable = true;
    this.#phase = "deciding";
    this.fail(error);
  }

  /** Takes what belongs to the request's body, as much as can go on now. */
  takeBody(bytes: Buffer, at: number, end: number): number {
    const channel = this.#upstream?.channel;
    if (this.#requestBody.done || this.#clientPaused || channel === null || channel === undefined) return at;
    if (this.#phase !== "waiting" && this.#phase !== "answering") return at;
    let stop: number;
    try {
      stop = this.#requestBody.take(bytes, at, end);
    } catch (error) {
      this.fail(error);
      return end;
    }
    const more = channel.pass(bytes, at, stop, this.client.channel);
    if (this.#requestBody.done) this.#requestComplete();
    else {
      this.client.deadline.set(this.#parts.limits.idleTimeoutMs);
      if (!more) {
        this.#clientPaused = true;
        this.client.channel.pause();
      }
    }
    return stop;
  }

  clientDrained(): void {
    if (!this.#sandboxPaused) return;
    this.#sandboxPaused = false;
    this.client.deadline.set(this.#parts.limits.idleTimeoutMs);
    this.#upstream?.channel?.resume();
  }

  clientEnded(): void {
    if (!this.#requestBody.done) this.clientGone();
    else if (this.#phase !== "answering") this.client.deadline.set(HALF_CLOSED_MS);
  }

  clientGone(): void {
    if (this.#phase === "done" || this.#phase === "idle") return;
    this.#end(499, "CLIENT_GONE", false);
    this.client.destroy();
  }

  timeUp(): void {
    if (this.client.clientEnded && this.#phase !== "answering") {
      this.clientGone();
      return;
    }
    const { limits } = this.#parts;
    const plan = this.#plan;
    if (plan === null) return;
    if (this.#phase === "connecting")
      this.fail(unreachable(plan.name, `no connection within ${this.#connectTimeoutMs} ms`));
    else if (this.#phase === "waiting" && (this.#requestBody.done || this.#clientPaused))
      this.fail(timedOut(plan.name, this.#firstByteTimeoutMs));
    else if (this.#phase === "waiting")
      this.fail(
        new SandgateError("REQUEST_TOO_SLOW", `The body paused for ${limits.idleTimeoutMs / 1000} s.`),
      );
    else if (this.#phase === "answering") this.#cut("TOO_SLOW");
  }

  // ---- For the handler ----

  /** Ends the exchange with an answer of the gateway's own. */
  answer(answer: OwnAnswer): void {
    if (this.#phase === "done") return;
    this.status = answer.status;
    // What is left of the body is not read, so the connection cannot be used again.
    const keep =
      this.#requestBody.done && !this.#unreadable && !this.head.connection.upgrade && this.#clientKeeps();
    const withBody = this.#unreadable || this.head.method !== "HEAD";
    this.client.channel.write(ownText(answer, this.#connectionValue(keep), withBody));
    this.#end(answer.status, this.error, keep);
  }

  /** Ends the exchange with an error: as an answer where none has begun, else by an end that nobody takes for a good one. */
  fail(error: unknown): void {
    if (this.#phase === "answering" || this.#phase === "tunnel") {
      this.#cut("BROKEN");
      return;
    }
    if (this.#phase === "done" || this.#phase === "idle") return;
    this.#dropUpstream();
    const answer = this.#parts.handler.render(this, error);
    this.answer(answer);
  }

  /** What is decided later needs the head, whose bytes are good only as long as `handle` runs. */
  keepHead(): void {
    this.head.fields.keepBytes();
  }

  /** Sends the request on. */
  forward(plan: ForwardPlan): void {
    if (this.#phase !== "deciding") return;
    this.#plan = plan;
    this.reached = true;
    this.#dial(plan.ownConnection || plan.upgrade);
  }

  /** Whoever still waits gets an answer: some clients send the same again after a connection that is cut. */
  giveUp(): void {
    if (this.#phase === "tunnel") this.#tunnel?.goAway();
    else this.fail(new SandgateError("BROKEN", "The gateway had to end before the sandbox answered."));
  }

  // ---- To the sandbox ----

  #dial(fresh: boolean): void {
    const plan = this.#plan!;
    this.#phase = "connecting";
    const upstream = (this.#upstream = this.#parts.pool.take(plan.target, fresh, this.#sandbox));
    if (upstream.connected) {
      this.#sendHead();
      this.client.consumeHeld();
    } else this.client.deadline.set(this.#connectTimeoutMs);
  }

  #sandboxConnected(): void {
    if (this.#phase !== "connecting") return;
    this.#sendHead();
    this.client.consumeHeld();
  }

  /** With as much of the body as is at hand, in one write. */
  #sendHead(): void {
    const channel = this.#upstream!.channel!;
    const { head, upgrade } = this.#plan!;
    const bytes = this.#inHand;
    this.#phase = "waiting";
    const at = this.inHandAt;
    if (bytes === null || upgrade || this.#requestBody.done || at === this.#inHandEnd) {
      channel.write(head);
    } else {
      let stop: number;
      try {
        stop = this.#requestBody.take(bytes, at, this.#inHandEnd);
      } catch (error) {
        this.inHandAt = this.#inHandEnd;
        this.fail(error);
        return;
      }
      this.inHandAt = stop;
      if (stop - at <= WITH_HEAD_BYTES) channel.write(head + bytes.toString("latin1", at, stop));
      else {
        channel.cork();
        channel.write(head);
        channel.pass(bytes, at, stop, this.client.channel);
        channel.uncork();
      }
    }
    if (this.#requestBody.done) this.#requestComplete();
    else this.client.deadline.set(this.#parts.limits.idleTimeoutMs);
  }

  #requestComplete(): void {
    if (this.#phase !== "waiting") return;
    this.client.deadline.set(this.client.clientEnded ? HALF_CLOSED_MS : this.#firstByteTimeoutMs);
  }

  #sandboxDrained(): void {
    if (!this.#clientPaused) return;
    this.#clientPaused = false;
    this.client.deadline.set(this.#parts.limits.idleTimeoutMs);
    this.client.consumeHeld();
  }

  // ---- From the sandbox ----

  #sandboxBytes(bytes: Buffer, length: number): void {
    if (this.#phase === "answering") this.#relay(bytes, 0, length);
    else if (this.#phase === "waiting") this.#takeResponse(bytes, length);
    // Before it was asked anything.
    else this.fail(brokenAnswer(this.#plan!.name, "it speaks before it is asked"));
  }

  #takeResponse(bytes: Buffer, length: number): void {
    const held = this.#responseHeld;
    const all = held === null ? bytes : Buffer.concat([held, bytes.subarray(0, length)]);
    const end = held === null ? length : all.length;
    this.#responseHeld = null;
    let at = 0;
    try {
      while (at < end) {
        const bodyStart = RESPONSE.scan(all, at, end);
        if ((bodyStart === INCOMPLETE ? end : bodyStart) - at > RESPONSE_HEAD_BYTES)
          throw brokenAnswer(this.#plan!.name, `its head takes more than ${RESPONSE_HEAD_BYTES} bytes`);
        if (bodyStart === INCOMPLETE) {
          this.#responseHeld = Buffer.copyBytesFrom(all, at, end - at);
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
        this.#passInterim();
      }
    } catch (error) {
      this.fail(error);
    }
  }

  #passInterim(): void {
    if (++this.#interims > MAX_INTERIM)
      throw brokenAnswer(this.#plan!.name, "it sends interim answers without end");
    if (this.head.minor === 1) this.client.channel.write(interimText(RESPONSE));
  }

  #beginAnswer(bytes: Buffer, at: number, end: number): void {
    const { client } = this;
    const length = RESPONSE.bodyLength(this.head.method);
    this.#responseBody.begin(length);
    this.#framing = this.#framingFor(length);
    this.#keepsUpstream = RESPONSE.keepsAlive && length !== UNTIL_CLOSE;
    // Who hoped for a tunnel may have sent bytes for it, which are no request.
    this.#keepsClient =
      !this.#plan!.upgrade &&
      this.#clientKeeps() &&
      this.#framing !== "from-chunks" &&
      (length !== UNTIL_CLOSE || this.#framing === "to-chunks");
    const text = responseText(
      RESPONSE,
      this.#framing,
      this.#connectionValue(this.#keepsClient),
      this.#plan!.rescope,
    );
    this.status = RESPONSE.status;
    this.#phase = "answering";
    if (at === end) {
      client.channel.write(text);
      this.#afterPiece(true, at, end);
      return;
    }
    if (this.#framing !== "same" && this.#framing !== "none") {
      client.channel.cork();
      client.channel.write(text);
      this.#relay(bytes, at, end);
      client.channel.uncork();
      return;
    }
    let stop: number;
    try {
      stop = this.#responseBody.take(bytes, at, end);
    } catch (error) {
      this.#phase = "waiting";
      throw error;
    }
    let more: boolean;
    if (stop - at <= WITH_HEAD_BYTES) more = client.channel.write(text + bytes.toString("latin1", at, stop));
    else {
      client.channel.cork();
      client.channel.write(text);
      more = client.channel.pass(bytes, at, stop, this.#upstream!.channel!);
      client.channel.uncork();
    }
    this.#afterPiece(more, stop, end);
  }

  /** A body's bytes, of an answer whose head is sent. */
  #relay(bytes: Buffer, at: number, end: number): void {
    const { channel } = this.client;
    const source = this.#upstream!.channel!;
    let stop = at;
    let more = true;
    try {
      if (this.#framing === "from-chunks")
        this.#responseBody.takeApart((data, from, to) => {
          more = channel.pass(data, from, to, source);
        });
      stop = this.#responseBody.take(bytes, at, end);
    } catch {
      this.#cut("BROKEN");
      return;
    }
    if (this.#framing === "to-chunks") {
      channel.cork();
      channel.write(`${(stop - at).toString(16)}\r\n`);
      channel.pass(bytes, at, stop, source);
      more = channel.write("\r\n");
      channel.uncork();
    } else if (this.#framing === "same") more = channel.pass(bytes, at, stop, source);
    this.#afterPiece(more, stop, end);
  }

  #afterPiece(more: boolean, at: number, end: number): void {
    if (this.#responseBody.done) {
      // Bytes after the end belong to no answer that anybody asked for.
      this.#complete(at === end);
      return;
    }
    this.client.deadline.set(this.#parts.limits.idleTimeoutMs);
    if (more) return;
    this.#sandboxPaused = true;
    this.#upstream!.channel!.pause();
  }

  #complete(clean: boolean): void {
    const upstream = this.#upstream!;
    this.#upstream = null;
    if (clean && this.#keepsUpstream && this.#requestBody.done) this.#parts.pool.give(upstream);
    else this.#parts.pool.drop(upstream);
    this.#end(this.status, null, this.#keepsClient && this.#requestBody.done);
  }

  #switch(bytes: Buffer, at: number, end: number): void {
    const plan = this.#plan!;
    if (!plan.upgrade) throw brokenAnswer(plan.name, "it switches protocols without being asked");
    const { client } = this;
    const channel = this.#upstream!.channel!;
    this.status = 101;
    client.channel.write(upgradeText(RESPONSE));
    const held = client.becomeTunnel();
    this.#phase = "tunnel";
    this.#tunnel = openTunnelBetween(client.channel, channel, {
      websocket: RESPONSE.fields.value("upgrade")?.toLowerCase() === "websocket",
      idleTimeoutMs: this.#parts.limits.idleTimeoutMs,
      onClosed: () => {
        this.#end(101, this.error, false);
        client.tunnelClosed();
      },
    });
    if (held !== null) this.#tunnel.fromClient(held);
    if (at < end) this.#tunnel.fromSandbox(bytes, at, end);
    client.channel.resume();
  }

  #sandboxEnded(): void {
    if (this.#phase === "answering" && this.#responseBody.length === UNTIL_CLOSE) {
      if (this.#framing === "to-chunks") this.client.channel.write("0\r\n\r\n");
      this.#keepsUpstream = false;
      this.#complete(true);
    } else this.#sandboxClosed(null);
  }

  #sandboxClosed(error: NodeJS.ErrnoException | null): void {
    const plan = this.#plan;
    if (plan === null) return;
    if (this.#phase === "connecting") this.fail(dialFailure(plan.name, plan.target.port, error));
    else if (this.#phase === "answering") this.#cut("BROKEN");
    else if (this.#phase === "waiting") {
      if (this.#mayRepeat()) {
        this.#dropUpstream();
        this.#dial(true);
      } else this.fail(broken(plan.name, plan.target.port, error));
    }
  }

  /**
   * A kept connection that ends before a byte of the answer was, most likely, closed by the sandbox before it saw the request.
   * What changes nothing and has no body may then be sent once more, on a connection of its own.
   */
  #mayRepeat(): boolean {
    const { method } = this.head;
    return (
      this.#upstream?.reused === true &&
      this.#responseHeld === null &&
      this.#interims === 0 &&
      this.head.bodyLength === 0 &&
      (method === "GET" || method === "HEAD" || method === "OPTIONS")
    );
  }

  // ---- Ends ----

  /** An answer that was begun cannot be taken back: its end is one that no client takes for a good one. */
  #cut(code: string): void {
    const { status } = this;
    this.#end(status, code, false);
    this.client.destroy();
  }

  #end(status: number, error: string | null, keep: boolean): void {
    if (this.#phase === "done") return;
    this.#phase = "done";
    this.status = status;
    this.error = error;
    this.client.deadline.clear();
    this.#dropUpstream();
    this.#tunnel?.destroy();
    this.#parts.handler.done(this);
    this.client.exchangeDone(keep);
  }

  #dropUpstream(): void {
    const upstream = this.#upstream;
    this.#upstream = null;
    if (upstream !== null) this.#parts.pool.drop(upstream);
  }

  #reset(): void {
    this.requestId = randomUUID();
    this.beganMs = performance.now();
    this.status = 0;
    this.error = null;
    this.reached = false;
    this.context = null;
    this.#plan = null;
    this.#tunnel = null;
    this.#inHand = null;
    this.#unreadable = false;
    this.#responseHeld = null;
    this.#interims = 0;
    this.#clientPaused = false;
    this.#sandboxPaused = false;
    this.#responseBody.begin(0);
    this.#requestBody.begin(0);
  }

  #clientKeeps(): boolean {
    return this.head.keepsAlive && !this.client.last && !this.client.clientEnded;
  }

  /** HTTP/1.1 keeps a connection without a word, 1.0 ends it without one. */
  #connectionValue(keep: boolean): string {
    if (!keep) return "close";
    return this.head.minor === 0 ? "keep-alive" : "";
  }

  #framingFor(length: number): Framing {
    if (RESPONSE.status === 204) return "none";
    if (length === CHUNKED) return this.head.minor === 0 ? "from-chunks" : "same";
    if (length === UNTIL_CLOSE) return this.head.minor === 1 ? "to-chunks" : "same";
    return "same";
  }

  get #firstByteTimeoutMs(): number {
    return this.#plan?.firstByteTimeoutMs ?? this.#parts.limits.firstByteTimeoutMs;
  }

  get #connectTimeoutMs(): number {
    return Math.min(this.#parts.limits.connectTimeoutMs, this.#firstByteTimeoutMs);
  }
}
