/**
 * A server that takes everything: it looks for something like the end of a head, lets itself be told the body's length by
 * whatever comes first, answers 200 with the target and goes on. What it got, it keeps byte by byte, for each connection.
 */
import { once } from "node:events";
import { createServer, type AddressInfo, type Server, type Socket } from "node:net";

/** Bytes of an answer's body. */
const LONGEST = 100;

export interface Recorded {
  /** All that came by one connection since the last `take`, one character a byte. */
  bytes: string;
  /** The peer has ended or cut it. */
  ended: boolean;
  /** Resolves when the connection is closed. */
  readonly closed: Promise<void>;
}

export class LenientUpstream {
  readonly #server: Server;
  readonly #connections = new Map<Socket, Recorded & { pending: string }>();

  constructor() {
    this.#server = createServer((socket) => this.#serve(socket));
  }

  async listen(): Promise<number> {
    this.#server.listen(0, "127.0.0.1");
    await once(this.#server, "listening");
    return (this.#server.address() as AddressInfo).port;
  }

  /** What each connection has brought since the last time; connections that brought nothing are left out. */
  take(): Recorded[] {
    const taken: Recorded[] = [];
    for (const [socket, recorded] of this.#connections) {
      if (recorded.bytes !== "") taken.push({ ...recorded });
      recorded.bytes = "";
      recorded.pending = "";
      if (socket.destroyed) this.#connections.delete(socket);
    }
    return taken;
  }

  /** What is known of the connections that have not been forgotten. */
  get connections(): readonly Recorded[] {
    return [...this.#connections.values()];
  }

  async close(): Promise<void> {
    for (const socket of this.#connections.keys()) socket.destroy();
    this.#server.close();
    await once(this.#server, "close");
  }

  #serve(socket: Socket): void {
    const closed = new Promise<void>((resolve) => socket.once("close", () => resolve()));
    const recorded = { bytes: "", pending: "", ended: false, closed };
    this.#connections.set(socket, recorded);
    socket.setNoDelay(true);
    socket.on("error", () => {});
    socket.on("end", () => {
      recorded.ended = true;
    });
    socket.on("close", () => {
      recorded.ended = true;
    });
    socket.on("data", (chunk: Buffer) => {
      recorded.bytes += chunk.toString("latin1");
      recorded.pending += chunk.toString("latin1");
      for (;;) {
        const end = endOfMessage(recorded.pending);
        if (end === null) return;
        const [method = "", target = ""] = recorded.pending.trimStart().split(/\s+/, 2);
        recorded.pending = recorded.pending.slice(end);
        const body = Buffer.from(target.slice(0, LONGEST), "latin1");
        socket.write(`HTTP/1.1 200 OK\r\nContent-Length: ${body.length}\r\n\r\n`);
        if (method !== "HEAD") socket.write(body);
      }
    });
  }
}

/** Where a message ends in the eyes of somebody who is not particular; null when it is not there yet. */
function endOfMessage(bytes: string): number | null {
  const head = /^\s*\S[^]*?(?:\r\n|\n|\r(?=[^\n])){2}/.exec(bytes)?.[0];
  if (head === undefined) return null;
  if (/\n\s*transfer-encoding\s*:[^\n]*chunked/i.test(head)) return endOfChunks(bytes, head.length);
  const length = /\n\s*content-length\s*:\s*(\d+)/i.exec(head)?.[1];
  const end = head.length + (length === undefined ? 0 : Number(length));
  return bytes.length >= end ? end : null;
}

/** The same for chunks: a size is what begins like one, a line ends by LF, and what is behind the data is passed over. */
function endOfChunks(bytes: string, from: number): number | null {
  let at = from;
  for (;;) {
    const lineEnd = bytes.indexOf("\n", at);
    if (lineEnd === -1) return null;
    const size = Number.parseInt(bytes.slice(at, lineEnd), 16);
    at = lineEnd + 1;
    // An empty line, or one that says nothing.
    if (Number.isNaN(size)) continue;
    if (size <= 0) break;
    at += size;
  }
  for (;;) {
    const lineEnd = bytes.indexOf("\n", at);
    if (lineEnd === -1) return null;
    const line = bytes.slice(at, lineEnd);
    at = lineEnd + 1;
    if (line === "" || line === "\r") return at;
  }
}
