import type { Channel, ChannelEvents } from "../net/channel.ts";
import { Deadline } from "../net/deadline.ts";
import { WebSocketFrames } from "./websocket-frames.ts";

export interface TunnelOptions {
  /** Both ends speak WebSocket, so the tunnel can be ended in its words. */
  readonly websocket: boolean;
  /** How long the end of one direction may take after the other's. */
  readonly idleTimeoutMs: number;
  onClosed(): void;
}

/** Bytes both ways, untouched, each direction ending on its own. */
export interface Tunnel {
  fromClient(bytes: Buffer): void;
  fromSandbox(bytes: Buffer, start: number, end: number): void;
  /** Tells both ends that the gateway goes, as soon as their protocol lets it. */
  goAway(): void;
  destroy(): void;
}

const KEEP_ALIVE_MS = 30_000;
/** How long the ends get to answer a close frame. */
const GO_AWAY_MS = 1_000;

export function openTunnelBetween(client: Channel, sandbox: Channel, options: TunnelOptions): Tunnel {
  const toSandbox = new Direction(client, sandbox, options.websocket, true);
  const toClient = new Direction(sandbox, client, options.websocket, false);
  let open = 2;
  let going = false;
  const destroy = (): void => {
    client.destroy();
    sandbox.destroy();
  };
  const deadline = new Deadline(destroy);
  const closed = (error: Error | null): void => {
    if (error !== null) destroy();
    // What is left for the other end is on its way; but not for ever, and no longer than a gateway that goes.
    else if (open === 2 && !going) deadline.set(options.idleTimeoutMs);
    if (--open > 0) return;
    deadline.end();
    options.onClosed();
  };
  client.events = eventsOf(toSandbox, toClient, closed);
  sandbox.events = eventsOf(toClient, toSandbox, closed);
  for (const { socket } of [client, sandbox]) socket?.setKeepAlive(true, KEEP_ALIVE_MS);
  return {
    fromClient: (bytes) => toSandbox.pass(bytes, 0, bytes.length),
    fromSandbox: (bytes, start, end) => toClient.pass(bytes, start, end),
    goAway() {
      going = true;
      toClient.goAway();
      toSandbox.goAway();
      deadline.set(GO_AWAY_MS);
    },
    destroy,
  };
}

/** One way through the tunnel. */
class Direction {
  readonly #source: Channel;
  readonly #sink: Channel;
  readonly #frames: WebSocketFrames | null;
  readonly #masked: boolean;
  #going = false;
  #ended = false;

  constructor(source: Channel, sink: Channel, websocket: boolean, masked: boolean) {
    this.#source = source;
    this.#sink = sink;
    this.#frames = websocket ? new WebSocketFrames() : null;
    this.#masked = masked;
  }

  pass(bytes: Buffer, start: number, end: number): void {
    if (this.#ended || start === end) return;
    const frames = this.#frames;
    let stop = end;
    if (frames !== null) {
      const boundary = frames.feed(bytes, start, end);
      if (this.#going && boundary !== -1) stop = boundary;
    }
    const more = this.#sink.pass(bytes, start, stop, this.#source);
    if (this.#going && frames !== null && (stop < end || frames.between)) this.#sayGoingAway();
    else if (!more) this.#source.pause();
  }

  drained(): void {
    this.#source.resume();
  }

  end(): void {
    if (this.#ended) return;
    this.#ended = true;
    this.#sink.end();
  }

  goAway(): void {
    this.#going = true;
    if (this.#frames === null) this.end();
    else if (this.#frames.between) this.#sayGoingAway();
  }

  #sayGoingAway(): void {
    if (this.#ended) return;
    this.#ended = true;
    this.#sink.write(this.#masked ? CLOSE_MASKED : CLOSE);
    this.#sink.end();
    this.#source.resume();
  }
}

/** Service restart (1012), which clients take as a reason to connect again. */
const CLOSE = "\u0088\u0002\u0003\u00f4";
/** The same as a client sends it, with a mask of zeros: what it hides from is not between us and the sandbox. */
const CLOSE_MASKED = "\u0088\u0082\u0000\u0000\u0000\u0000\u0003\u00f4";

function eventsOf(here: Direction, back: Direction, closed: (error: Error | null) => void): ChannelEvents {
  return {
    bytes: (bytes, length) => here.pass(bytes, 0, length),
    ended: () => here.end(),
    // Room to write on this channel is room for what comes the other way.
    drained: () => back.drained(),
    closed,
  };
}
