import { randomBytes } from "node:crypto";
import {
  constants,
  performServerHandshake,
  type ServerHttp2Session,
  type ServerHttp2Stream,
} from "node:http2";
import type { Socket } from "node:net";
import type { ClientConnection } from "../client/client-connection.ts";
import type { ClientPeer } from "../client/client-peer.ts";
import type { EngineLimits } from "../engine-parts.ts";
import { Deadline } from "../net/deadline.ts";
import { ClientStream } from "./client-stream.ts";
import { requestTextOf } from "./client-request-text.ts";

const { NGHTTP2_PROTOCOL_ERROR } = constants;

/**
 * Requests at once on one connection: browsers and gRPC clients take a hundred where they are let, and each may have a window of
 * bytes waiting here.
 */
const MAX_STREAMS = 128;
/** Bytes of one request that may wait here for a sandbox that does not read. */
const STREAM_WINDOW_BYTES = 256 * 1024;
/** Bytes of all requests on their way; Node.js gives them back as they come, whichever stream they are of. */
const SESSION_WINDOW_BYTES = 1024 * 1024;
/** More than the engine takes, so that a client gets its 431 instead of a reset. */
const HEADER_LIST_BYTES = 64 * 1024;
const HEADER_LIST_FIELDS = 512;
/** The head of an answer; the engine takes no larger ones. */
const ANSWER_HEAD_BYTES = 128 * 1024;
/** What Node.js keeps for all streams of a connection; where it is more, new streams are refused. */
const SESSION_MEMORY_MB = 64;
/**
 * Streams that a client may reset: every one costs a decision and a connection to a sandbox, and nothing bounds how many a client
 * begins if those that it resets do not count (CVE-2023-44487). Leaving a page resets what is under way, once.
 */
const RESETS_AT_ONCE = 4 * MAX_STREAMS;
const RESETS_PER_SECOND = 32;
/** Tunnels may be idle for days, and a client that is gone without a word must be noticed. */
const KEEP_ALIVE_MS = 30_000;
/** How long a client gets to end its connection once all is said. */
const LINGER_MS = 2_000;

/** Whoever takes the streams. */
export interface ClientSessionOwner {
  readonly limits: EngineLimits;
  /** One request, as a connection of its own. */
  open(stream: ClientStream, peer: ClientPeer): ClientConnection;
  closed(session: ClientSession): void;
}

/** An HTTP/2 connection of a client. */
export class ClientSession {
  readonly #session: ServerHttp2Session;
  readonly #socket: Socket;
  readonly #owner: ClientSessionOwner;
  readonly peer: ClientPeer;
  readonly #deadline: Deadline;
  #streams = 0;
  #finishing = false;

  /** @param socket - Begins with the preface: by ALPN, or because that was seen. */
  constructor(socket: Socket, peer: ClientPeer, owner: ClientSessionOwner) {
    this.#socket = socket;
    this.#owner = owner;
    this.peer = peer;
    // An end of it is the end of its streams too.
    socket.allowHalfOpen = false;
    socket.setKeepAlive(true, KEEP_ALIVE_MS);
    this.#deadline = new Deadline(() => this.#timeUp());
    this.#deadline.set(owner.limits.headTimeoutMs);
    const session = (this.#session = performServerHandshake(socket, {
      maxHeaderListPairs: HEADER_LIST_FIELDS,
      maxSendHeaderBlockLength: ANSWER_HEAD_BYTES,
      maxSessionMemory: SESSION_MEMORY_MB,
      streamResetBurst: RESETS_AT_ONCE,
      streamResetRate: RESETS_PER_SECOND,
      strictSingleValueFields: false,
      settings: {
        enableConnectProtocol: true,
        maxConcurrentStreams: MAX_STREAMS,
        initialWindowSize: STREAM_WINDOW_BYTES,
        maxHeaderListSize: HEADER_LIST_BYTES,
      },
    }));
    session.setLocalWindowSize(SESSION_WINDOW_BYTES);
    session.on("stream", (stream, _headers, _flags, raw) => this.#open(stream, raw));
    session.once("remoteSettings", () => this.#rest());
    session.on("error", () => {});
    session.on("close", () => this.#closed());
  }

  /** Bytes that were read so far. */
  get received(): number {
    return this.#socket.bytesRead;
  }

  /** Bytes that were written so far. */
  get sent(): number {
    return this.#socket.bytesWritten;
  }

  /**
   * Takes no further request, and ends after those under way. The client is told which was the last, so it can send what was on its
   * way by another connection. A warning before that (RFC 9113, section 6.8) cannot be given: nghttp2 takes no stream after it.
   */
  finish(): void {
    if (this.#finishing || !this.#usable) return;
    this.#finishing = true;
    this.#session.close();
    this.#rest();
  }

  destroy(): void {
    this.#session.destroy();
    this.#socket.destroy();
  }

  get #usable(): boolean {
    return !this.#session.destroyed && !this.#session.closed;
  }

  #open(stream: ServerHttp2Stream, raw: readonly string[]): void {
    stream.on("error", () => {});
    // Reset in the same breath: Node.js tells nothing more of it.
    if (stream.closed || stream.destroyed) {
      stream.destroy();
      return;
    }
    const request = requestTextOf(raw, stream.endAfterHeaders, newKey);
    if (request === null) {
      stream.close(NGHTTP2_PROTOCOL_ERROR);
      return;
    }
    this.#streams++;
    this.#deadline.clear();
    stream.once("close", () => {
      this.#streams--;
      this.#rest();
    });
    this.#owner.open(new ClientStream(stream, request), this.peer);
  }

  /** Without a request it is kept as long as any connection, and no longer than a moment once it is ended. */
  #rest(): void {
    if (this.#streams > 0) return;
    this.#deadline.set(this.#finishing ? LINGER_MS : this.#owner.limits.keepAliveTimeoutMs);
  }

  #timeUp(): void {
    if (this.#finishing || !this.#usable) this.destroy();
    else this.finish();
  }

  #closed(): void {
    this.#deadline.end();
    this.#owner.closed(this);
  }
}

function newKey(): string {
  return randomBytes(16).toString("base64");
}
