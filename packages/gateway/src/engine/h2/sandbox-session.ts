import {
  connect as connectHttp2,
  type ClientHttp2Session,
  type ClientHttp2Stream,
  type ClientSessionRequestOptions,
  type OutgoingHttpHeaders,
  type Settings,
} from "node:http2";
import { Socket } from "node:net";
import type { Duplex } from "node:stream";
import { MAX_RESPONSE_FIELDS } from "../head/response-head.ts";
import { Deadline } from "../net/deadline.ts";
import { refusal, type SandboxStream } from "./sandbox-stream.ts";

/** Streams at a time, where the sandbox allows more. Beyond it another session is as cheap, and stands still alone. */
const MAX_STREAMS = 100;
/** After so long without a word the next request is sent with a ping. */
const QUIET_MS = 10_000;
/** How long that may take before others are sent on another session. */
const PING_MS = 5_000;
const KEEP_ALIVE_MS = 30_000;
/** How long the sandbox gets to end its side of a session that is over. */
const LINGER_MS = 2_000;
/** Bytes on their way to us: for one stream, and for all together. Those of a stream that is held up stay in its own share. */
const STREAM_WINDOW_BYTES = 256 * 1024;
const SESSION_WINDOW_BYTES = 4 * 1024 * 1024;
/** Bytes of an answer's head, as the engine takes them. */
const HEAD_BYTES = 64 * 1024;
/** Node.js resets streams beyond it. Heads and what waits for the sandbox count, and both are bounded for each stream. */
const MEMORY_MIB = 128;

const OPTIONS = {
  maxHeaderListPairs: MAX_RESPONSE_FIELDS + 8,
  maxSessionMemory: MEMORY_MIB,
  // What the client sends twice goes on so; it is for the sandbox to judge.
  strictSingleValueFields: false,
  settings: { enablePush: false, initialWindowSize: STREAM_WINDOW_BYTES, maxHeaderListSize: HEAD_BYTES },
} as const;

/** What a session tells whoever made it. */
export interface SandboxSessionOwner {
  /** These were to be its streams, but the sandbox allows fewer. */
  overflow(streams: readonly WaitingStream[]): void;
  /** It takes no more streams. */
  retired(session: SandboxSession): void;
}

/** A stream for which a session is opened. */
export interface WaitingStream {
  readonly stream: SandboxStream;
  readonly onReady: () => void;
}

/** One HTTP/2 connection to a port of a sandbox, in cleartext by prior knowledge, shared by all requests to that port. */
export class SandboxSession {
  readonly #owner: SandboxSessionOwner;
  readonly #idleMs: number;
  readonly #streams = new Set<SandboxStream>();
  #waiting: WaitingStream[] = [];
  #h2: ClientHttp2Session | null = null;
  #state: "opening" | "open" | "retired" = "opening";
  #limit: number;
  #duplex: Duplex | null = null;
  #heardMs = performance.now();
  /** Something was heard since the last ping: servers cut off whoever pings them for nothing. */
  #mayPing = true;
  #unanswered = false;
  readonly #idle = new Deadline(() => {
    if (this.#state === "retired") this.#duplex?.destroy();
    else this.retire();
  });
  readonly #ping = new Deadline(() => (this.#unanswered = true));

  /**
   * @param opened - The connection, open or being opened.
   * @param idleMs - How long it is kept without a stream.
   * @param limit - How many streams the sandbox allowed the last time, undefined where nobody knows.
   */
  constructor(
    opened: Duplex | Promise<Duplex>,
    idleMs: number,
    limit: number | undefined,
    owner: SandboxSessionOwner,
  ) {
    this.#owner = owner;
    this.#idleMs = idleMs;
    this.#limit = limit ?? MAX_STREAMS;
    if (opened instanceof Promise)
      opened.then(
        (duplex) => this.#start(duplex),
        (error: unknown) => this.#end(error as Error),
      );
    else this.#start(opened);
  }

  /** It has told what it allows; requests may be sent. */
  get open(): boolean {
    return this.#state === "open";
  }

  get idle(): boolean {
    return this.#state === "open" && this.#streams.size === 0;
  }

  /** It takes one more stream, now or once it is open. */
  get hasRoom(): boolean {
    return (
      this.#state !== "retired" && !this.#broken && !this.#unanswered && this.#streams.size < this.#limit
    );
  }

  /** How many streams it takes, as far as is known. */
  get limit(): number {
    return this.#limit;
  }

  /** @param onReady - Called where it is not open yet, once it is. */
  join(stream: SandboxStream, onReady: () => void): void {
    this.#idle.clear();
    this.#streams.add(stream);
    if (this.#state === "opening") this.#waiting.push({ stream, onReady });
    else if (performance.now() - this.#heardMs > QUIET_MS) this.#askForLife();
  }

  /** It is over, though Node.js tells of that a moment later. */
  get #broken(): boolean {
    return this.#h2 !== null && (this.#h2.closed || this.#h2.destroyed);
  }

  /** A stream is over. */
  leave(stream: SandboxStream): void {
    if (!this.#streams.delete(stream) || this.#streams.size > 0) return;
    if (this.#state === "open") this.#idle.set(this.#idleMs);
    else if (this.#state === "retired") this.#finish();
    // Nobody waits for it any more.
    else this.#end(new Error("nobody wants it"));
  }

  /** @throws Error with the code ECONNREFUSED where the sandbox takes no more requests on it. */
  request(headers: OutgoingHttpHeaders, options: ClientSessionRequestOptions): ClientHttp2Stream {
    if (this.#h2 === null || this.#broken) throw refusal();
    return this.#h2.request(headers, options);
  }

  /** The sandbox has said something on one of its streams. */
  heard(): void {
    this.#heardMs = performance.now();
    this.#mayPing = true;
  }

  /** Takes no more streams, and ends after those that it has. */
  retire(): void {
    if (this.#state === "retired") return;
    this.#state = "retired";
    this.#idle.clear();
    this.#ping.end();
    this.#owner.retired(this);
    if (this.#streams.size === 0) this.#finish();
  }

  #finish(): void {
    this.#h2?.close();
    this.#idle.set(LINGER_MS);
  }

  #start(duplex: Duplex): void {
    if (this.#state === "retired") {
      duplex.destroy();
      return;
    }
    this.#duplex = duplex;
    const socket = duplex instanceof Socket ? duplex : null;
    socket?.setKeepAlive(true, KEEP_ALIVE_MS);
    const h2 = connectHttp2("http://sandbox", { ...OPTIONS, createConnection: () => duplex });
    this.#h2 = h2;
    let failure: Error | null = null;
    h2.once("remoteSettings", () => this.#ready(h2));
    h2.on("goaway", (_code, lastStreamId) => {
      for (const stream of this.#streams) stream.goneAway(lastStreamId);
      this.retire();
    });
    h2.on("error", (error) => (failure = error));
    h2.on("close", () => this.#end(failure));
  }

  #ready(h2: ClientHttp2Session): void {
    if (this.#state !== "opening" || this.#broken) return;
    this.#state = "open";
    h2.setLocalWindowSize(SESSION_WINDOW_BYTES);
    this.#limit = limitOf(h2.remoteSettings);
    h2.on("remoteSettings", (settings) => (this.#limit = limitOf(settings)));
    const waiting = this.#waiting;
    this.#waiting = [];
    const tooMany = waiting.splice(this.#limit);
    for (const { stream } of tooMany) this.#streams.delete(stream);
    for (const { onReady } of waiting) onReady();
    if (tooMany.length > 0) this.#owner.overflow(tooMany);
    if (this.#streams.size === 0 && this.#state === "open") this.#idle.set(this.#idleMs);
  }

  #askForLife(): void {
    const h2 = this.#h2;
    if (!this.#mayPing || h2 === null || this.#broken) return;
    this.#mayPing = false;
    this.#ping.set(PING_MS);
    h2.ping((error) => {
      if (error !== null) return;
      this.#heardMs = performance.now();
      this.#unanswered = false;
      this.#ping.clear();
    });
  }

  /** It is closed, or could not be opened. */
  #end(error: Error | null): void {
    const waiting = this.#waiting;
    this.#waiting = [];
    const opening = this.#state === "opening";
    this.retire();
    this.#idle.end();
    this.#duplex?.destroy();
    if (!opening) return;
    const why = openingError(error);
    for (const { stream } of waiting) stream.destroy(why);
  }
}

function limitOf({ maxConcurrentStreams }: Settings): number {
  // None at all for now is a matter of waiting, and waiting has its own time.
  return Math.max(1, Math.min(MAX_STREAMS, maxConcurrentStreams ?? MAX_STREAMS));
}

function openingError(error: NodeJS.ErrnoException | null): Error {
  if (error !== null && error.code !== "ERR_HTTP2_ERROR") return error;
  return new Error("its port does not speak HTTP/2 without TLS (h2c)", { cause: error ?? undefined });
}
