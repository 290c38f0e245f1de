import type { DialTarget } from "../routes/route.ts";
import type { SandboxLimits } from "../routes/sandbox-limits.ts";
import type { Rescope } from "./client/rescope.ts";

/** A request that was decided about: where it goes and what the sandbox is told. */
export interface ForwardPlan {
  readonly target: DialTarget;
  /** The whole head for the sandbox, with the empty line. */
  readonly head: string;
  /** `user/sandbox`, for messages. */
  readonly name: string;
  /** The sandbox's 101 is wanted, and a tunnel after it. */
  readonly upgrade: boolean;
  /** What holds for requests to this sandbox. */
  readonly limits: SandboxLimits;
  /** How long the client says it waits for the first byte of the answer; as in the limits otherwise. */
  readonly firstByteTimeoutMs: number | undefined;
  /**
   * It must not fail by a kept connection that the sandbox closes just then: whether it was carried out could not be told. So
   * it gets a connection of its own.
   */
  readonly ownConnection: boolean;
  /** What of its answers is kept to its own part of an origin or a domain that it shares with others. Null: nothing. */
  readonly rescope: Rescope | null;
  /** The client is told how long each part took. */
  readonly timing: boolean;
}

/** An answer of the gateway's own. */
export interface OwnAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}
