import { isIP } from "node:net";
import { dialableLookup } from "../../dial/dialable-lookup.ts";
import type { DialTarget } from "../../routes/route.ts";
import { Channel, type ChannelEvents } from "../net/channel.ts";
import type { OpenTunnel } from "./open-tunnel.ts";
import type { Upstream, UpstreamUser } from "./upstream.ts";

/** Idle connections kept for one port of a sandbox. */
const MAX_IDLE = 64;
/** How long one is kept; looked at as often. */
const IDLE_MS = 60_000;

/** Connections to sandboxes, kept for the next request; the one that was used last is used first. */
export class UpstreamPool {
  readonly #idle = new Map<string, Upstream[]>();
  readonly #openTunnel: OpenTunnel | undefined;
  readonly #sweeper = setInterval(() => this.#sweep(), IDLE_MS).unref();
  #closed = false;
  /** Connections that are open or being opened, idle ones among them. */
  open = 0;
  /** Connections that were begun. */
  dials = 0;

  /** @param openTunnel - For targets that are reached through the API server only. */
  constructor(openTunnel: OpenTunnel | undefined) {
    this.#openTunnel = openTunnel;
  }

  /**
   * A connection to a target, open or being opened.
   *
   * @param fresh - One that nobody has used.
   */
  take(target: DialTarget, fresh: boolean, user: UpstreamUser): Upstream {
    if (target.kind === "tunnel") return this.#open(target, user);
    if (!fresh) {
      const list = this.#idle.get(keyOf(target.host, target.port));
      let kept = list?.pop();
      // One that has just broken tells of its close only when all that came with it is read.
      while (kept?.channel?.destroyed === true) {
        this.drop(kept);
        kept = list?.pop();
      }
      if (kept !== undefined && kept.channel !== null) {
        kept.channel.events = user;
        kept.reused = true;
        return kept;
      }
    }
    const upstream = this.#begin(target);
    const { host, port } = target;
    upstream.channel = Channel.dial(
      isIP(host) === 0 ? { host, port, lookup: dialableLookup } : { host, port },
      user,
      () => {
        upstream.connected = true;
        user.connected();
      },
    );
    return upstream;
  }

  /** Its request and its answer were complete, and the sandbox keeps it. */
  give(upstream: Upstream): void {
    const { target, channel } = upstream;
    if (channel === null) return;
    // What was sent on a connection that the sandbox has just closed makes the node's end of a tunnel sick.
    if (this.#closed || target.kind === "tunnel" || channel.destroyed) {
      this.drop(upstream);
      return;
    }
    const key = keyOf(target.host, target.port);
    const list = this.#idle.get(key);
    if (list !== undefined && list.length >= MAX_IDLE) {
      this.drop(upstream);
      return;
    }
    upstream.idle ??= this.#whileIdle(upstream, key);
    channel.events = upstream.idle;
    upstream.idleSinceMs = performance.now();
    if (list === undefined) this.#idle.set(key, [upstream]);
    else list.push(upstream);
  }

  /** Ends a connection that is of no more use. */
  drop(upstream: Upstream): void {
    if (!upstream.dropped) this.open--;
    upstream.dropped = true;
    if (upstream.channel === null) return;
    upstream.channel.events = NOBODY;
    upstream.channel.destroy();
  }

  /** Connections that wait for a request. It looks at every place that has one. */
  get idle(): number {
    let count = 0;
    for (const list of this.#idle.values()) count += list.length;
    return count;
  }

  /** Ends idle connections now and the others when they are given back. */
  close(): void {
    this.#closed = true;
    clearInterval(this.#sweeper);
    for (const list of this.#idle.values()) for (const upstream of list.splice(0)) this.drop(upstream);
    this.#idle.clear();
  }

  #begin(target: DialTarget): Upstream {
    this.dials++;
    this.open++;
    return newUpstream(target);
  }

  #sweep(): void {
    const before = performance.now() - IDLE_MS;
    for (const [key, list] of this.#idle) {
      // The one that was used last is last.
      while (list[0] !== undefined && list[0].idleSinceMs < before) this.drop(list.shift()!);
      if (list.length === 0) this.#idle.delete(key);
    }
  }

  /** Bytes that nobody asked for would be taken for the next answer; and an end is an end. */
  #whileIdle(upstream: Upstream, key: string): ChannelEvents {
    const leave = (): void => {
      const list = this.#idle.get(key);
      const index = list?.indexOf(upstream) ?? -1;
      if (index !== -1) list?.splice(index, 1);
      if (list?.length === 0) this.#idle.delete(key);
      this.drop(upstream);
    };
    return { bytes: leave, ended: leave, closed: leave, drained: () => {} };
  }

  #open(target: Extract<DialTarget, { kind: "tunnel" }>, user: UpstreamUser): Upstream {
    const upstream = this.#begin(target);
    const failed = (cause: unknown): void => {
      // What the API server said names users and rights of ours; it is for the log, not for the caller.
      if (!upstream.dropped) user.closed(new Error("no tunnel to its pod can be opened", { cause }));
    };
    if (this.#openTunnel === undefined) {
      queueMicrotask(() => failed(new Error("this gateway opens no tunnels to pods")));
      return upstream;
    }
    this.#openTunnel(target).then((stream) => {
      if (upstream.dropped) {
        stream.destroy();
        return;
      }
      if (stream.destroyed) {
        user.closed(stream.errored ?? new Error("the connection ended at once"));
        return;
      }
      upstream.channel = Channel.over(stream, user);
      upstream.connected = true;
      user.connected();
    }, failed);
    return upstream;
  }
}

function newUpstream(target: DialTarget): Upstream {
  return {
    target,
    channel: null,
    connected: false,
    reused: false,
    dropped: false,
    idle: null,
    idleSinceMs: 0,
  };
}

const NOBODY: ChannelEvents = { bytes: () => {}, ended: () => {}, drained: () => {}, closed: () => {} };

function keyOf(host: string, port: number): string {
  return `${host} ${port}`;
}
