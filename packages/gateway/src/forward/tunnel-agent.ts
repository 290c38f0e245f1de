import { Agent, type AgentOptions, type ClientRequestArgs } from "node:http";
import type { Socket } from "node:net";
import type { Duplex } from "node:stream";
import type { DialTarget } from "../routes/route.ts";

/** Opens a connection to a port of a pod that packets do not get to. */
export type OpenTunnel = (target: Extract<DialTarget, { kind: "tunnel" }>) => Promise<Duplex>;

/** Makes connections through tunnels. */
export class TunnelAgent extends Agent {
  readonly #open: OpenTunnel;

  constructor(open: OpenTunnel, options: AgentOptions) {
    super(options);
    this.#open = open;
  }

  override createConnection(
    options: ClientRequestArgs,
    callback?: (error: Error | null, stream: Duplex) => void,
  ): undefined {
    const { tunnel } = options as ClientRequestArgs & { tunnel: Parameters<OpenTunnel>[0] };
    const done = callback as (error: Error | null, stream?: Duplex) => void;
    this.#open(tunnel).then((stream) => {
      if (stream.destroyed) done(stream.errored ?? new Error("the connection ended at once"));
      else done(null, asSocket(stream));
    }, done);
  }
}

/** Node's HTTP client asks a socket for these; a stream in a tunnel has nothing to do for them. */
function asSocket(stream: Duplex): Socket {
  const socket = stream as Socket;
  const nothing = (): Socket => socket;
  return Object.assign(socket, {
    setKeepAlive: nothing,
    setNoDelay: nothing,
    setTimeout: nothing,
    ref: nothing,
    unref: nothing,
  });
}
