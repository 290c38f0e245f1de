/** One client and one sandbox in each phase of a request, for whoever wants to break it there. */
import { once } from "node:events";
import { connect, createServer, type AddressInfo, type Socket } from "node:net";
import { connect as connectTls } from "node:tls";
import { Peer } from "../raw-support.ts";

/** A sandbox whose program is the test: it gets each connection that the gateway makes. */
export interface RawSandbox {
  readonly port: number;
  next(): Promise<Peer>;
  close(): void;
}

export async function openRawSandbox(): Promise<RawSandbox> {
  const arrived: Peer[] = [];
  const waiting: ((peer: Peer) => void)[] = [];
  const sockets = new Set<Socket>();
  const server = createServer({ allowHalfOpen: true }, (socket) => {
    sockets.add(socket);
    const peer = new Peer(socket);
    const next = waiting.shift();
    if (next === undefined) arrived.push(peer);
    else next(peer);
  });
  await once(server.listen(0, "127.0.0.1"), "listening");
  return {
    port: (server.address() as AddressInfo).port,
    next() {
      const first = arrived.shift();
      return first === undefined ? new Promise((resolve) => waiting.push(resolve)) : Promise.resolve(first);
    },
    close() {
      for (const socket of sockets) socket.destroy();
      server.close();
    },
  };
}

export interface Client {
  readonly peer: Peer;
  /** Below TLS, where there is any: what a reset is sent on. */
  readonly wire: Socket;
}

/** A client's connection to a gateway's URL. */
export async function openClient(url: string): Promise<Client> {
  const { hostname, port, protocol } = new URL(url);
  const wire = connect({ port: Number(port), host: hostname, allowHalfOpen: true });
  wire.on("error", () => {});
  await once(wire, "connect");
  if (protocol === "http:") return { peer: new Peer(wire), wire };
  const secure = connectTls({ socket: wire, rejectUnauthorized: false });
  secure.on("error", () => {});
  const peer = new Peer(secure);
  await once(secure, "secureConnect");
  return { peer, wire };
}

export interface Ends {
  readonly client: Client;
  /** Null where nothing has reached the sandbox yet. */
  readonly sandbox: Peer | null;
}

const SWITCHED = "HTTP/1.1 101 Go\r\nConnection: Upgrade\r\nUpgrade: echo\r\n\r\n";

function headOf(port: number, method: string, ...lines: string[]): string {
  return [`${method} /alice/box:${port}/ HTTP/1.1`, "Host: 127.0.0.1", ...lines, "", ""].join("\r\n");
}

/** By name: brings a new connection into that phase, as far as each side can see. */
export const PHASES: Readonly<Record<string, (url: string, box: RawSandbox) => Promise<Ends>>> = {
  "within the head": async (url) => {
    const client = await openClient(url);
    client.peer.write("GET /alice/box/ HTTP/1.1\r\nHo");
    return { client, sandbox: null };
  },
  "within the request's body": async (url, box) => {
    const client = await openClient(url);
    client.peer.write(`${headOf(box.port, "POST", "Content-Length: 100")}part`);
    return { client, sandbox: await (await box.next()).untilText("part") };
  },
  "within a chunk of it": async (url, box) => {
    const client = await openClient(url);
    client.peer.write(`${headOf(box.port, "POST", "Transfer-Encoding: chunked")}64\r\npart`);
    return { client, sandbox: await (await box.next()).untilText("part") };
  },
  "while the answer is waited for": async (url, box) => {
    const client = await openClient(url);
    client.peer.write(headOf(box.port, "GET"));
    return { client, sandbox: await (await box.next()).untilText("\r\n\r\n") };
  },
  "after an interim answer": async (url, box) => {
    const ends = await PHASES["while the answer is waited for"]!(url, box);
    ends.sandbox!.write("HTTP/1.1 103 Early Hints\r\n\r\n");
    await ends.client.peer.untilText("103");
    return ends;
  },
  "within the answer's head": async (url, box) => {
    const ends = await PHASES["while the answer is waited for"]!(url, box);
    ends.sandbox!.write("HTTP/1.1 200 OK\r\nContent-Le");
    return ends;
  },
  "within the answer's body": async (url, box) => {
    const ends = await PHASES["while the answer is waited for"]!(url, box);
    ends.sandbox!.write("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\npart");
    await ends.client.peer.untilText("part");
    return ends;
  },
  "within an answer of chunks": async (url, box) => {
    const ends = await PHASES["while the answer is waited for"]!(url, box);
    ends.sandbox!.write("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n64\r\npart");
    await ends.client.peer.untilText("part");
    return ends;
  },
  "while a body goes each way": async (url, box) => {
    const ends = await PHASES["within the request's body"]!(url, box);
    ends.sandbox!.write("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nback");
    await ends.client.peer.untilText("back");
    return ends;
  },
  "between two requests": async (url, box) => {
    const ends = await PHASES["while the answer is waited for"]!(url, box);
    ends.sandbox!.write("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok");
    await ends.client.peer.untilText(/ok$/);
    return ends;
  },
  "while an upgrade is asked for": async (url, box) => {
    const client = await openClient(url);
    client.peer.write(headOf(box.port, "GET", "Connection: Upgrade", "Upgrade: echo"));
    return { client, sandbox: await (await box.next()).untilText("\r\n\r\n") };
  },
  "within a tunnel": async (url, box) => {
    const ends = await PHASES["while an upgrade is asked for"]!(url, box);
    ends.sandbox!.write(`${SWITCHED}there`);
    await ends.client.peer.untilText("there");
    ends.client.peer.write("back");
    await ends.sandbox!.untilText("back");
    return ends;
  },
  "within a tunnel that the client has half closed": async (url, box) => {
    const ends = await PHASES["within a tunnel"]!(url, box);
    ends.client.peer.socket.end();
    await ends.sandbox!.until(({ ended }) => ended);
    return ends;
  },
};
