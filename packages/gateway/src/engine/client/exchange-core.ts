import type { EngineParts } from "../engine-parts.ts";
import type { ForwardPlan } from "../exchange-plan.ts";
import type { RequestHead } from "../head/request-head.ts";
import type { TunnelProtocol } from "../engine-counters.ts";
import type { Upstream } from "../upstream/upstream.ts";
import type { ClientConnection } from "./client-connection.ts";

/** What an exchange is waiting for. */
export type ExchangePhase =
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

/** What the two halves of an exchange have in common: the one that sends the request, and the one that takes the answer. */
export interface ExchangeCore {
  readonly head: RequestHead;
  readonly client: ClientConnection;
  readonly parts: EngineParts;
  phase: ExchangePhase;
  /** Null before the decision. */
  plan: ForwardPlan | null;
  upstream: Upstream | null;
  /** Status that the client got, 0 before. */
  status: number;
  /** What the upgraded connection speaks; null where there is none. */
  tunnel: TunnelProtocol | null;
  /** How many of the bytes from the client came before those. */
  tunnelFrom: number;
  /** In logs, and at the sandbox. */
  readonly requestId: string;
  /** When its head was there. */
  readonly beganMs: number;
  /** When it was decided where it goes, 0 before. */
  readonly decidedMs: number;
  /** When a new connection to the sandbox was open, 0 for a kept one. As all times, of performance.now(). */
  connectedMs: number;
  /** When the head of the answer was there, 0 before. */
  answeredMs: number;
  /** Ends it with an error: as an answer where none has begun, else by an end that nobody takes for a good one. */
  fail(error: unknown): void;
  /** Ends it in the middle of an answer. */
  cut(code: string): void;
  /** @param keep - The client's connection may bring another request. */
  end(status: number, error: string | null, keep: boolean): void;
  dropUpstream(): void;
  /** The client and the gateway both go on after this request. */
  readonly clientKeeps: boolean;
  /** Value of the Connection header for the client, empty for none. */
  connectionValue(keep: boolean): string;
  /** Of the plan. */
  readonly firstByteTimeoutMs: number;
}
