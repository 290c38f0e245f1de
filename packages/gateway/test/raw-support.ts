/** A sandbox and a client that speak in bytes, so that a test says exactly what is on the wire. */
import { once } from "node:events";
import { connect, createServer, type AddressInfo, type Socket } from "node:net";
import { entry, openBench, type Bench } from "./support.ts";

/** One side of a connection: what has come so far, and what one waits for. */
export class Peer {
  readonly socket: Socket;
  /** All bytes so far. */
  text = "";
  ended = false;
  /** It is over, by an end on both sides or by a reset. */
  closed = false;
  #changed = Promise.withResolvers<void>();

  constructor(socket: Socket) {
    this.socket = socket;
    const tell = (): void => {
      this.#changed.resolve();
      this.#changed = Promise.withResolvers();
    };
    socket.setEncoding("latin1");
    socket.on("data", (text: string) => {
      this.text += text;
      tell();
    });
    socket.on("end", () => {
      this.ended = true;
      tell();
    });
    socket.on("error", () => {});
    socket.on("close", () => {
      this.closed = true;
      tell();
    });
  }

  write(text: string): void {
    this.socket.write(text, "latin1");
  }

  /** Resolves once that holds; the test's own time is the limit. */
  async until(holds: (peer: this) => boolean): Promise<this> {
    while (!holds(this)) await this.#changed.promise;
    return this;
  }

  async untilText(part: string | RegExp): Promise<this> {
    return this.until(({ text }) => (typeof part === "string" ? text.includes(part) : part.test(text)));
  }

  /** Text since it was last taken. */
  take(): string {
    const { text } = this;
    this.text = "";
    return text;
  }
}

export interface RawBench {
  readonly bench: Bench;
  /** `/alice/box:PORT`, the sandbox whose program is the test. */
  readonly prefix: string;
  /** A client's connection. */
  client(): Promise<Peer>;
  /** The next connection that the gateway has made to the sandbox. */
  sandbox(): Promise<Peer>;
  /** How many it has made. */
  readonly dialled: number;
  close(): Promise<void>;
}

export async function openRawBench(flags: Readonly<Record<string, unknown>> = {}): Promise<RawBench> {
  const bench = await openBench((_request, response) => response.end(), flags);
  bench.routes.put("alice-box", entry("alice", "box"));
  const arrived: Peer[] = [];
  const waiting: ((peer: Peer) => void)[] = [];
  const peers: Peer[] = [];
  let dialled = 0;
  const server = createServer({ allowHalfOpen: true }, (socket) => {
    dialled++;
    const peer = new Peer(socket);
    peers.push(peer);
    const next = waiting.shift();
    if (next === undefined) arrived.push(peer);
    else next(peer);
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  const gateway = new URL(bench.gateway.url);
  return {
    bench,
    prefix: `/alice/box:${port}`,
    async client() {
      const socket = connect({ port: Number(gateway.port), host: gateway.hostname, allowHalfOpen: true });
      const peer = new Peer(socket);
      peers.push(peer);
      await once(socket, "connect");
      return peer;
    },
    sandbox() {
      const next = arrived.shift();
      return next === undefined ? new Promise((resolve) => waiting.push(resolve)) : Promise.resolve(next);
    },
    get dialled() {
      return dialled;
    },
    async close() {
      for (const { socket } of peers) socket.destroy();
      server.close();
      await bench.close();
    },
  };
}
