import { randomUUID } from "node:crypto";
import { SandgateError } from "@sandgate/contract";
import type { EngineParts } from "../engine-parts.ts";
import type { TunnelProtocol } from "../engine-counters.ts";
import type { ForwardPlan, OwnAnswer } from "../exchange-plan.ts";
import { RequestHead } from "../head/request-head.ts";
import type { Upstream } from "../upstream/upstream.ts";
import { AnswerReceiver } from "./answer-receiver.ts";
import type { ClientConnection } from "./client-connection.ts";
import type { ExchangeCore, ExchangePhase } from "./exchange-core.ts";
import { timedOut } from "./failures.ts";
import { HALF_CLOSED_MS, RequestSender } from "./request-sender.ts";
import { ownText } from "./response-text.ts";

/**
 * One request and its answer. There is one for each connection, used again for every request on it. Bodies pass as bytes, both
 * ways at once; whichever side cannot take more holds the other up.
 */
export class Exchange implements ExchangeCore {
  readonly head: RequestHead;
  readonly client: ClientConnection;
  readonly parts: EngineParts;
  requestId = "";
  beganMs = 0;
  /** When it was decided where it goes, 0 before. */
  decidedMs = 0;
  connectedMs = 0;
  answeredMs = 0;
  status = 0;
  tunnel: TunnelProtocol | null = null;
  tunnelFrom = 0;
  /** Code of the gateway's own error. */
  error: string | null = null;
  /** Bytes of the request may have reached the sandbox. */
  reached = false;
  /** Of the handler: what it learns on its way. */
  context: unknown = null;
  phase: ExchangePhase = "idle";
  plan: ForwardPlan | null = null;
  upstream: Upstream | null = null;
  readonly #sender: RequestSender;
  readonly #receiver: AnswerReceiver;
  #sandbox: string | null = null;
  /** Bytes that the client's connection had been sent before. */
  #sentBefore = 0;
  /** The head could not be read, so nobody knows where the next request begins. */
  #unreadable = false;

  constructor(client: ClientConnection, parts: EngineParts) {
    this.client = client;
    this.head = new RequestHead(parts.headSpace);
    this.parts = parts;
    const sender = (): RequestSender => this.#sender;
    this.#receiver = new AnswerReceiver(this, {
      connected: () => sender().connected(),
      drained: () => sender().drained(),
      dialFailed: (error) => sender().dialFailed(error),
      repeat: () => {
        this.parts.counters.repeats++;
        this.dropUpstream();
        sender().dial(true);
      },
      get complete() {
        return sender().body.done;
      },
    });
    this.#sender = new RequestSender(this, this.#receiver);
  }

  /** It has ended, whoever ended it. */
  get over(): boolean {
    return this.phase === "done";
  }
  /** `user/sandbox`, null before a decision. */
  get sandbox(): string | null {
    return this.#sandbox;
  }

  /** Bytes of the request's body, and after an upgrade those from the client. */
  get bytesIn(): number {
    return this.tunnel === null ? this.#sender.body.bytes : this.client.channel.received - this.tunnelFrom;
  }
  /** Bytes to the client, those of heads among them. */
  get bytesOut(): number {
    return this.client.channel.sent - this.#sentBefore;
  }

  // For the connection.

  /**
   * A request, whose head is scanned; its body begins in these bytes.
   *
   * @returns How far they are taken.
   */
  begin(bytes: Buffer, at: number, end: number): number {
    this.#reset();
    this.#sender.begin(bytes, at, end);
    this.phase = "deciding";
    this.client.deadline.clear();
    this.parts.handler.handle(this);
    this.#sender.leaveHand();
    return this.#sender.inHandAt;
  }

  /** What was sent is no request. */
  refuse(error: unknown): void {
    this.#reset();
    this.#sender.beginNothing();
    this.#unreadable = true;
    this.phase = "deciding";
    this.fail(error);
  }

  /** Takes what belongs to the request's body, as much as can go on now. */
  takeBody(bytes: Buffer, at: number, end: number): number {
    return this.#sender.takeBody(bytes, at, end);
  }

  clientDrained(): void {
    this.#receiver.clientDrained();
  }

  clientEnded(): void {
    if (!this.#sender.body.done) this.clientGone();
    else if (this.phase !== "answering") this.client.deadline.set(HALF_CLOSED_MS);
  }

  clientGone(): void {
    if (this.phase === "done" || this.phase === "idle") return;
    this.end(499, "CLIENT_GONE", false);
    this.client.destroy();
  }

  timeUp(): void {
    const { phase, plan, client } = this;
    if (client.clientEnded && phase !== "answering") this.clientGone();
    else if (plan === null) return;
    else if (phase === "connecting") this.#sender.dialTimedOut();
    else if (phase === "answering") this.cut("TOO_SLOW");
    else if (phase === "waiting")
      this.fail(
        this.#sender.body.done || this.#sender.heldUp
          ? timedOut(plan.name, this.firstByteTimeoutMs)
          : new SandgateError(
              "REQUEST_TOO_SLOW",
              `The body paused for ${plan.limits.idleTimeoutMs / 1000} s.`,
            ),
      );
  }

  // For the handler.

  /** What is decided later needs the head, whose bytes are good only as long as `handle` runs. */
  keepHead(): void {
    this.head.keep();
  }

  /** Ends the exchange with an answer of the gateway's own. */
  answer(answer: OwnAnswer): void {
    if (this.phase === "done") return;
    // What is left of the body is not read, so the connection cannot be used again; nor is who sends what is malformed
    // given a second try, on a connection that a proxy in front may share among its clients.
    const keep =
      this.#sender.body.done &&
      !this.#unreadable &&
      this.error !== "REQUEST_MALFORMED" &&
      !this.head.connection.upgrade &&
      this.clientKeeps;
    const withBody = this.#unreadable || this.head.method !== "HEAD";
    this.client.channel.write(ownText(answer, this.requestId, this.connectionValue(keep), withBody));
    this.end(answer.status, this.error, keep);
  }

  /** Sends the request on. */
  forward(plan: ForwardPlan): void {
    if (this.phase !== "deciding") return;
    this.plan = plan;
    this.decidedMs = performance.now();
    this.#sandbox = plan.name;
    this.reached = true;
    this.#sender.dial(plan.ownConnection || plan.upgrade);
  }

  /** Whoever still waits gets an answer: some clients send the same again after a connection that is cut. */
  giveUp(): void {
    if (this.phase === "tunnel") this.#receiver.tunnel?.goAway();
    else this.fail(new SandgateError("BROKEN", "The gateway had to end before the sandbox answered."));
  }

  fail(error: unknown): void {
    if (this.phase === "done" || this.phase === "idle") return;
    if (this.phase === "answering" || this.phase === "tunnel") {
      this.cut("BROKEN");
      return;
    }
    this.dropUpstream();
    this.answer(this.parts.handler.render(this, error));
  }

  // For its two halves.

  /** An answer that was begun cannot be taken back: its end is one that no client takes for a good one. */
  cut(code: string): void {
    // Before an end is on its way: that is what it must not look like.
    if (this.#receiver.endsByClose) this.client.channel.reset();
    this.end(this.status, code, false);
    this.client.destroy();
  }

  end(status: number, error: string | null, keep: boolean): void {
    if (this.phase === "done") return;
    this.phase = "done";
    this.status = status;
    this.error = error;
    this.client.deadline.clear();
    this.dropUpstream();
    this.#receiver.tunnel?.destroy();
    if (this.tunnel !== null) this.parts.counters.tunnels[this.tunnel]--;
    this.parts.handler.done(this);
    this.client.exchangeDone(keep);
  }

  dropUpstream(): void {
    const { upstream } = this;
    this.upstream = null;
    if (upstream !== null) this.parts.pool.drop(upstream);
  }

  get clientKeeps(): boolean {
    return this.head.keepsAlive && !this.client.last && !this.client.clientEnded;
  }

  /** HTTP/1.1 keeps a connection without a word, 1.0 ends it without one. */
  connectionValue(keep: boolean): string {
    if (!keep) return "close";
    return this.head.minor === 0 ? "keep-alive" : "";
  }

  get firstByteTimeoutMs(): number {
    const plan = this.plan!;
    return plan.firstByteTimeoutMs ?? plan.limits.firstByteTimeoutMs;
  }

  #reset(): void {
    this.requestId = randomUUID();
    this.beganMs = performance.now();
    this.decidedMs = 0;
    this.connectedMs = 0;
    this.answeredMs = 0;
    this.status = 0;
    this.tunnel = null;
    this.#sentBefore = this.client.channel.sent;
    this.error = null;
    this.reached = false;
    this.context = null;
    this.plan = null;
    this.#sandbox = null;
    this.#unreadable = false;
    this.#receiver.begin();
  }
}
