import { Agent as HttpAgent } from "node:http";
import { Agent as HttpsAgent } from "node:https";
import { setTimeout as delay } from "node:timers/promises";
import type { Logger } from "@sandgate/contract";
import { sendSpans, type Collector } from "./send-spans.ts";

/** What became of spans, counted from the start. */
export interface SpanCounts {
  /** Taken by the collector. */
  sent: number;
  /** Lost: there was no room, or the collector did not take them. */
  dropped: number;
}

export interface SpanExporterOptions {
  /** Base URL of the collector. */
  endpoint: string;
  headers: Readonly<Record<string, string>>;
  /** What stands before a batch's spans, commas between them, and what stands after. */
  around: readonly [string, string];
  logger: Logger;
}

/** What waits beyond this is dropped, the newest first: a collector that is down must cost no more memory than this. */
const MAX_WAITING = 2_048;
const BATCH = 512;
const EVERY_MS = 5_000;
const ANSWER_MS = 10_000;
const TRIES = 5;
const FIRST_PAUSE_MS = 1_000;
const LONGEST_PAUSE_MS = 60_000;

/** Takes finished spans as text and brings them to a collector in batches, one at a time. */
export class SpanExporter {
  readonly counts: SpanCounts = { sent: 0, dropped: 0 };
  readonly #collector: Collector;
  readonly #around: readonly [string, string];
  readonly #logger: Logger;
  /** Texts of one or more spans each, and how many each has. */
  #texts: string[] = [];
  #spans: number[] = [];
  #waiting = 0;
  #timer: NodeJS.Timeout | null = null;
  #running: Promise<void> | null = null;
  /** Ends pauses: from then on there is no time for them. */
  readonly #closing = new AbortController();
  /** Ends what is still under way when the time to close is over. */
  readonly #cut = new AbortController();
  /** The last batch did not arrive, and that was said. */
  #failing = false;

  constructor({ endpoint, headers, around, logger }: SpanExporterOptions) {
    const url = new URL(`${endpoint}/v1/traces`);
    const agent =
      url.protocol === "https:"
        ? new HttpsAgent({ keepAlive: true, maxSockets: 1 })
        : new HttpAgent({ keepAlive: true, maxSockets: 1 });
    this.#collector = { url, headers, agent };
    this.#around = around;
    this.#logger = logger;
  }

  /** @param spans - How many spans the text holds; they are kept or dropped together. */
  add(text: string, spans: number): void {
    if (this.#waiting + spans > MAX_WAITING || this.#closing.signal.aborted) {
      this.counts.dropped += spans;
      return;
    }
    this.#texts.push(text);
    this.#spans.push(spans);
    this.#waiting += spans;
    if (this.#waiting >= BATCH) this.#start();
    else this.#timer ??= setTimeout(() => this.#start(), EVERY_MS).unref();
  }

  /** Sends what waits, and resolves when it is gone or the time is over. What comes later is dropped. Idempotent. */
  async close(withinMs: number): Promise<void> {
    this.#closing.abort();
    const over = setTimeout(() => this.#cut.abort(), withinMs);
    do {
      this.#start();
      await this.#running;
    } while (this.#waiting > 0);
    clearTimeout(over);
    this.#collector.agent.destroy();
  }

  #start(): void {
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#timer = null;
    this.#running ??= this.#run().then(() => {
      this.#running = null;
      // What came meanwhile waits for others.
      if (this.#waiting > 0) this.#timer ??= setTimeout(() => this.#start(), EVERY_MS).unref();
    });
  }

  async #run(): Promise<void> {
    do {
      const [text, spans] = this.#takeBatch();
      if (spans === 0) return;
      if (await this.#deliver(text, spans)) continue;
      this.counts.dropped += spans;
    } while (this.#waiting >= BATCH || this.#closing.signal.aborted);
  }

  #takeBatch(): [text: string, spans: number] {
    let spans = 0;
    let length = 0;
    while (length < this.#spans.length && spans < BATCH) spans += this.#spans[length++]!;
    const texts = this.#texts.splice(0, length);
    this.#spans.splice(0, length);
    this.#waiting -= spans;
    const [before, after] = this.#around;
    return [before + texts.join(",") + after, spans];
  }

  /** @returns Whether the collector has taken them. */
  async #deliver(text: string, spans: number): Promise<boolean> {
    for (let tried = 1; ; tried++) {
      if (this.#cut.signal.aborted) return false;
      const signal = AbortSignal.any([AbortSignal.timeout(ANSWER_MS), this.#cut.signal]);
      const outcome = await sendSpans(this.#collector, text, signal);
      if (outcome.kind === "taken") {
        this.counts.sent += spans - outcome.rejected;
        this.counts.dropped += outcome.rejected;
        this.#works();
        return true;
      }
      this.#fails(outcome.why);
      if (outcome.kind === "refused" || tried === TRIES || this.#closing.signal.aborted) return false;
      const pauseMs = outcome.afterMs ?? FIRST_PAUSE_MS * 2 ** (tried - 1) * (0.5 + Math.random());
      await delay(Math.min(pauseMs, LONGEST_PAUSE_MS), undefined, {
        signal: this.#closing.signal,
        ref: false,
      }).catch(() => {});
    }
  }

  /** Said once, until it works again: a collector may be away for days. */
  #fails(why: string): void {
    if (this.#failing) return;
    this.#failing = true;
    this.#logger.warn("spans do not reach the collector; requests go on", {
      endpoint: this.#collector.url.origin,
      error: why,
    });
  }

  #works(): void {
    if (!this.#failing) return;
    this.#failing = false;
    this.#logger.info("spans reach the collector again", {
      endpoint: this.#collector.url.origin,
      dropped: this.counts.dropped,
    });
  }
}
