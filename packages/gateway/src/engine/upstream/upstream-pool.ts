import { connect, isIP } from "node:net";
import { finished, type Duplex } from "node:stream";
import { dialableLookup } from "../../dial/dialable-lookup.ts";
import type { DialTarget } from "../../routes/route.ts";
import { SandboxSessions, type PlaceKey } from "../h2/sandbox-sessions.ts";
import { Channel, type ChannelEvents } from "../net/channel.ts";
import type { OpenTunnel } from "./open-tunnel.ts";
import type { Upstream, UpstreamUser } from "./upstream.ts";

/** Idle connections kept for one port of a sandbox. */
const MAX_IDLE = 64;
/** How long one is kept; looked at as often. */
const IDLE_MS = 60_000;
/** The same for a session through a tunnel: the shorter, the rarer is it used just when the sandbox closes it, which harms tunnels. */
const TUNNEL_IDLE_MS = 2_000;

type TunnelTarget = Extract<DialTarget, { kind: "tunnel" }>;

/** Connections to sandboxes, kept for the next request; the one that was used last is used first. */
export class UpstreamPool {
  /** By the very target: there is one object for each place of a pod, and another when the pod is another. */
  readonly #idle = new Map<DialTarget, Upstream[]>();
  readonly #openTunnel: OpenTunnel | undefined;
  readonly #sessions = new SandboxSessions();
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
   * @param fresh - One that nobody has used. In HTTP/2 a sandbox tells which requests it has not looked at, so others may use it.
   */
  take(target: DialTarget, fresh: boolean, user: UpstreamUser): Upstream {
    if (target.h2c) return this.#join(target, user);
    if (target.kind === "tunnel") return this.#open(target, user);
    if (!fresh) {
      const list = this.#idle.get(target);
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

  /** Whether a request there needs no new connection, as far as is known before one is taken. */
  hasKept(target: DialTarget, fresh: boolean): boolean {
    if (target.h2c) return this.#sessions.hasRoom(keyOf(target));
    return !fresh && this.#idle.has(target);
  }

  /** Its request and its answer were complete, and the sandbox keeps it. */
  give(upstream: Upstream): void {
    const { target, channel } = upstream;
    if (channel === null) return;
    // What was sent on a connection that the sandbox has just closed makes the node's end of a tunnel sick.
    if (this.#closed || target.kind === "tunnel" || target.h2c || channel.destroyed) {
      this.drop(upstream);
      return;
    }
    const list = this.#idle.get(target);
    if (list !== undefined && list.length >= MAX_IDLE) {
      this.drop(upstream);
      return;
    }
    upstream.idle ??= this.#whileIdle(upstream);
    channel.events = upstream.idle;
    upstream.idleSinceMs = performance.now();
    if (list === undefined) this.#idle.set(target, [upstream]);
    else list.push(upstream);
  }

  /** Ends a connection that is of no more use. */
  drop(upstream: Upstream): void {
    // Of a session its connection counts, and not its streams.
    if (!upstream.dropped && !upstream.target.h2c) this.open--;
    upstream.dropped = true;
    if (upstream.channel === null) return;
    upstream.channel.events = NOBODY;
    upstream.channel.destroy();
  }

  /** Connections that wait for a request. It looks at every place that has one. */
  get idle(): number {
    let count = 0;
    for (const list of this.#idle.values()) count += list.length;
    return count + this.#sessions.idle;
  }

  /** Ends idle connections now and the others when they are given back. */
  close(): void {
    this.#closed = true;
    clearInterval(this.#sweeper);
    for (const list of this.#idle.values()) for (const upstream of list.splice(0)) this.drop(upstream);
    this.#idle.clear();
    this.#sessions.close();
  }

  #begin(target: DialTarget): Upstream {
    this.dials++;
    this.open++;
    return newUpstream(target);
  }

  #sweep(): void {
    const before = performance.now() - IDLE_MS;
    for (const [target, list] of this.#idle) {
      // The one that was used last is last.
      while (list[0] !== undefined && list[0].idleSinceMs < before) this.drop(list.shift()!);
      if (list.length === 0) this.#idle.delete(target);
    }
  }

  /** Bytes that nobody asked for would be taken for the next answer; and an end is an end. */
  #whileIdle(upstream: Upstream): ChannelEvents {
    const { target } = upstream;
    const leave = (): void => {
      const list = this.#idle.get(target);
      const index = list?.indexOf(upstream) ?? -1;
      if (index !== -1) list?.splice(index, 1);
      if (list?.length === 0) this.#idle.delete(target);
      this.drop(upstream);
    };
    return { bytes: leave, ended: leave, closed: leave, drained: () => {} };
  }

  /** A stream of an HTTP/2 session, which stands for a connection. */
  #join(target: DialTarget, user: UpstreamUser): Upstream {
    const upstream = newUpstream(target);
    const idleMs = target.kind === "tunnel" ? TUNNEL_IDLE_MS : IDLE_MS;
    const { stream, ready } = this.#sessions.take(
      keyOf(target),
      () => this.#dial(target),
      idleMs,
      () => {
        upstream.connected = true;
        user.connected();
      },
    );
    upstream.connected = upstream.reused = ready;
    upstream.channel = Channel.over(stream, user);
    return upstream;
  }

  #dial(target: DialTarget): Duplex | Promise<Duplex> {
    this.dials++;
    this.open++;
    const closed = (): void => void this.open--;
    if (target.kind === "tunnel") {
      const opened = this.#tunnelTo(target);
      opened.then((stream) => finished(stream, closed), closed);
      return opened;
    }
    const { host, port } = target;
    const lookup = isIP(host) === 0 ? { lookup: dialableLookup } : {};
    return connect({ host, port, noDelay: true, ...lookup }).once("close", closed);
  }

  #open(target: TunnelTarget, user: UpstreamUser): Upstream {
    const upstream = this.#begin(target);
    const failed = (error: Error): void => {
      if (!upstream.dropped) user.closed(error);
    };
    this.#tunnelTo(target).then((stream) => {
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

  async #tunnelTo(target: TunnelTarget): Promise<Duplex> {
    try {
      if (this.#openTunnel === undefined) throw new Error("this gateway opens no tunnels to pods");
      return await this.#openTunnel(target);
    } catch (cause) {
      // What the API server said names users and rights of ours; it is for the log, not for the caller.
      throw new Error("no tunnel to its pod can be opened", { cause });
    }
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

/** There is one object for each place of a pod, and another when the pod is another; of tunnels there are as many as requests. */
function keyOf(target: DialTarget): PlaceKey {
  return target.kind === "tcp" ? target : `${target.podUid} ${target.port}`;
}
