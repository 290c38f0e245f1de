import { BodyReader } from "../body/body-reader.ts";
import { showsNoLife, type Circuit } from "../upstream/circuit.ts";
import type { ExchangeCore } from "./exchange-core.ts";
import type { AnswerReceiver } from "./answer-receiver.ts";
import { dialFailure, leftAlone, unreachable } from "./failures.ts";

/**
 * So much longer may a connection through the API server take: the server and the node take part, and a tunnel that stands still
 * is replaced by another, which takes seconds by itself.
 */
const TUNNEL_TIMES = 6;
/** A client that has sent its end gets this long for the begin of an answer: most who end have gone. */
export const HALF_CLOSED_MS = 1_000;

/**
 * A path that is not there yet, as for a pod that has just started, or a connection that was dropped on its way. A refusal is a
 * program's answer, and a time-out has taken all the time there is.
 */
const WORTH_A_REDIAL: ReadonlySet<string> = new Set([
  "EHOSTUNREACH",
  "ENETUNREACH",
  "ECONNRESET",
  "ECONNABORTED",
]);

/** The half of an exchange that sends the request to the sandbox. */
export class RequestSender {
  readonly body = new BodyReader("REQUEST_MALFORMED");
  /** How far the bytes at hand are taken. */
  inHandAt = 0;
  /** The sandbox takes no more for now. */
  heldUp = false;
  readonly #core: ExchangeCore;
  readonly #receiver: AnswerReceiver;
  /** Bytes at hand while the head is being dealt with. */
  #inHand: Buffer | null = null;
  #inHandEnd = 0;
  /** When the connection was begun. */
  #dialledMs = 0;
  /** It was tried once more. */
  #redialled = false;

  constructor(core: ExchangeCore, receiver: AnswerReceiver) {
    this.#core = core;
    this.#receiver = receiver;
  }

  /** A request whose body begins in these bytes; they are good until `leaveHand`. */
  begin(bytes: Buffer, at: number, end: number): void {
    this.#inHand = bytes;
    this.inHandAt = at;
    this.#inHandEnd = end;
    this.heldUp = false;
    this.body.begin(this.#core.head.bodyLength);
  }

  leaveHand(): void {
    this.#inHand = null;
  }

  /** There is no request that could have a body. */
  beginNothing(): void {
    this.#inHand = null;
    this.heldUp = false;
    this.body.begin(0);
  }

  /** @param fresh - On a connection that nobody has used. */
  dial(fresh: boolean): void {
    const core = this.#core;
    const { pool } = core.parts;
    const { target, limits } = core.plan!;
    core.phase = "connecting";
    if (limits.maxBodyBytes !== Infinity) this.body.allow(limits.maxBodyBytes);
    if (target.kind === "tcp" && target.circuit.failures > 0 && !this.#admitted(target.circuit, fresh))
      return;
    const upstream = (core.upstream = pool.take(target, fresh, this.#receiver.user));
    if (upstream.connected) {
      this.#sendHead();
      core.client.consumeHeld();
      return;
    }
    this.#dialledMs = performance.now();
    this.#redialled = false;
    core.client.deadline.set(this.connectTimeoutMs);
  }

  /** No connection could be made. Nothing was sent, so another may be tried once, within the same time. */
  dialFailed(error: NodeJS.ErrnoException | null): void {
    const core = this.#core;
    const { name, target } = core.plan!;
    core.parts.counters.dialFailed(error, target.kind === "tunnel");
    if (target.kind === "tcp" && !this.#redialled && WORTH_A_REDIAL.has(error?.code ?? "")) {
      this.#redialled = true;
      core.parts.counters.redials++;
      core.dropUpstream();
      const upstream = (core.upstream = core.parts.pool.take(target, true, this.#receiver.user));
      // A session that another request has opened meanwhile.
      if (upstream.connected) this.connected();
      return;
    }
    if (showsNoLife(error)) this.#lifeless();
    else if (error?.code === "ECONNREFUSED") this.#alive();
    core.fail(dialFailure(name, target.port, error));
  }

  /** No connection came about in time. */
  dialTimedOut(): void {
    const core = this.#core;
    const { name, limits } = core.plan!;
    core.parts.counters.dialFailures.timeout++;
    // What a client was not willing to wait for says nothing of the pod.
    if (limits.connectTimeoutMs <= core.firstByteTimeoutMs) this.#lifeless();
    core.fail(unreachable(name, `no connection within ${this.connectTimeoutMs} ms`));
  }

  #admitted(circuit: Circuit, fresh: boolean): boolean {
    const core = this.#core;
    const { circuits, pool } = core.parts;
    const { name, target } = core.plan!;
    if (pool.hasKept(target, fresh)) return true;
    const nowMs = performance.now();
    if (circuits.admits(circuit, nowMs, this.connectTimeoutMs)) return true;
    core.fail(leftAlone(name, circuits.retryAfterSeconds(circuit, nowMs)));
    return false;
  }

  #lifeless(): void {
    const { plan, parts } = this.#core;
    const { name, target } = plan!;
    if (target.kind !== "tcp") return;
    const place = { sandbox: name, address: target.host };
    parts.circuits.failed(target.circuit, this.#dialledMs, performance.now(), place);
  }

  #alive(): void {
    const { plan, parts } = this.#core;
    const { name, target } = plan!;
    if (target.kind === "tcp" && target.circuit.failures > 0)
      parts.circuits.answered(target.circuit, { sandbox: name, address: target.host });
  }

  connected(): void {
    if (this.#core.phase !== "connecting") return;
    this.#core.connectedMs = performance.now();
    this.#alive();
    this.#sendHead();
    this.#core.client.consumeHeld();
  }

  /** Takes what belongs to the request's body, as much as can go on now. */
  takeBody(bytes: Buffer, at: number, end: number): number {
    const core = this.#core;
    const channel = core.upstream?.channel;
    if (this.body.done || this.heldUp || channel === null || channel === undefined) return at;
    if (core.phase !== "waiting" && core.phase !== "answering") return at;
    let stop: number;
    try {
      stop = this.body.take(bytes, at, end);
    } catch (error) {
      // Half a body must not look like a whole one to a sandbox that is lenient about its end.
      channel.reset();
      core.fail(error);
      return end;
    }
    const more = channel.pass(bytes, at, stop, core.client.channel);
    if (this.body.done) this.#complete();
    else {
      core.client.deadline.set(core.plan!.limits.idleTimeoutMs);
      if (!more) {
        this.heldUp = true;
        core.client.channel.pause();
      }
    }
    return stop;
  }

  drained(): void {
    if (!this.heldUp) return;
    this.heldUp = false;
    this.#core.client.deadline.set(this.#core.plan!.limits.idleTimeoutMs);
    this.#core.client.consumeHeld();
  }

  get connectTimeoutMs(): number {
    const { plan, firstByteTimeoutMs } = this.#core;
    const { target, limits } = plan!;
    const times = target.kind === "tunnel" ? TUNNEL_TIMES : 1;
    return Math.min(limits.connectTimeoutMs * times, firstByteTimeoutMs);
  }

  /** With as much of the body as is at hand, in one write. */
  #sendHead(): void {
    const core = this.#core;
    const channel = core.upstream!.channel!;
    const { head, upgrade } = core.plan!;
    const bytes = this.#inHand;
    const at = this.inHandAt;
    core.phase = "waiting";
    if (bytes === null || upgrade || this.body.done || at === this.#inHandEnd) channel.write(head);
    else {
      let stop: number;
      try {
        stop = this.body.take(bytes, at, this.#inHandEnd);
      } catch (error) {
        this.inHandAt = this.#inHandEnd;
        channel.reset();
        core.fail(error);
        return;
      }
      this.inHandAt = stop;
      channel.writeWith(head, bytes, at, stop, core.client.channel);
    }
    if (this.body.done) this.#complete();
    else core.client.deadline.set(core.plan!.limits.idleTimeoutMs);
  }

  /** From here the sandbox's time counts. */
  #complete(): void {
    const { phase, client, plan, firstByteTimeoutMs } = this.#core;
    // The answer has begun before, and may pause from here on as long as any.
    if (phase === "answering") client.deadline.set(plan!.limits.idleTimeoutMs);
    if (phase !== "waiting") return;
    client.deadline.set(client.clientEnded ? HALF_CLOSED_MS : firstByteTimeoutMs);
  }
}
