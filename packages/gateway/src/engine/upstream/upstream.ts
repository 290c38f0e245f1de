import type { Channel, ChannelEvents } from "../net/channel.ts";
import type { DialTarget } from "../../routes/route.ts";

/** Who has a connection to a sandbox at the moment. */
export interface UpstreamUser extends ChannelEvents {
  /** It is open; bytes may be sent. Not called for one that was open already. */
  connected(): void;
}

/** One connection to a sandbox. */
export interface Upstream {
  readonly target: DialTarget;
  /** Null while a tunnel is being opened. */
  channel: Channel | null;
  connected: boolean;
  /** It has carried a request before: the sandbox may be closing it just now. */
  reused: boolean;
  /** It is not wanted any more, though it may not be open yet. */
  dropped: boolean;
  /** Who listens to it between two requests; made when it is first given back. */
  idle: ChannelEvents | null;
  /** When it was given back, in milliseconds of performance.now(). */
  idleSinceMs: number;
}
