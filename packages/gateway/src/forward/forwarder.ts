import type { IncomingMessage, ServerResponse } from "node:http";
import type { Duplex } from "node:stream";
import type { DialTarget } from "../routes/route.ts";

/** One request that was decided about, with everything that forwarding it takes. */
export interface ForwardRequest {
  request: IncomingMessage;
  target: DialTarget;
  /** Path and query for the sandbox. */
  path: string;
  /** Flat list of names and values. */
  headers: readonly string[];
  /** `user/sandbox`, for messages. */
  name: string;
  /** How long the client says it waits for the first byte of the answer; the forwarder's own otherwise. */
  firstByteTimeoutMs?: number | undefined;
  /**
   * It must not fail by a kept connection that the sandbox closes just then: whether it was carried out could not be told. So
   * it gets a connection of its own.
   */
  ownConnection?: boolean;
}

/** What became of a request, for logs and metrics. */
export interface ForwardResult {
  /** Status that was sent to the client; 101 for an upgrade. */
  status: number;
  /** Milliseconds from the start of forwarding to the first byte of the sandbox's answer. */
  firstByteMs: number;
}

/**
 * The forwarding engine: the only part of the gateway that knows how bytes get to a sandbox. Failures before the first byte
 * of an answer reject with a SandgateError (REFUSED, UNREACHABLE, BROKEN, TOO_SLOW); later ones cut the connection, since an
 * answer that was begun cannot be taken back. No request body is ever sent twice.
 */
export interface Forwarder {
  forward(call: ForwardRequest, response: ServerResponse): Promise<ForwardResult>;
  /** An `Upgrade`: after the sandbox's 101 bytes pass both ways untouched. Resolves when the tunnel ends. */
  upgrade(call: ForwardRequest, client: Duplex, head: Buffer): Promise<ForwardResult>;
  /** Ends idle connections at once and the others when they are done. */
  close(): void;
}

export interface ForwarderTimeouts {
  connectTimeoutMs: number;
  firstByteTimeoutMs: number;
  idleTimeoutMs: number;
}
