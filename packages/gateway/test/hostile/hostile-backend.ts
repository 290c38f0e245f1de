/** A sandbox that answers one request with given bytes, and every other in order. */
import { once } from "node:events";
import { createServer, type AddressInfo, type Server, type Socket } from "node:net";
import { turn } from "./exchange.ts";
import type { HostileResponse } from "./responses/message.ts";

/** What its other answers hold. */
export const GOOD = "good";

/** The connection by which the hostile answer went. */
export interface Tainted {
  /** Requests that came by it afterwards. */
  later: number;
  readonly socket: Socket;
  readonly closed: Promise<void>;
}

export class HostileBackend {
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();
  #next: { response: HostileResponse; cuts: readonly number[]; sent: (tainted: Tainted) => void } | null =
    null;
  #tainted: Tainted | null = null;

  constructor() {
    this.#server = createServer({ noDelay: true }, (socket) => this.#serve(socket));
  }

  async listen(): Promise<number> {
    this.#server.listen(0, "127.0.0.1");
    await once(this.#server, "listening");
    return (this.#server.address() as AddressInfo).port;
  }

  /**
   * The next request, by whatever connection, is answered with this, in pieces that are cut there.
   *
   * @returns The connection, once a request has come.
   */
  answerNext(response: HostileResponse, cuts: readonly number[]): Promise<Tainted> {
    this.#tainted = null;
    return new Promise((sent) => {
      this.#next = { response, cuts, sent };
    });
  }

  async close(): Promise<void> {
    for (const socket of this.#sockets) socket.destroy();
    this.#server.close();
    await once(this.#server, "close");
  }

  #serve(socket: Socket): void {
    this.#sockets.add(socket);
    const closed = new Promise<void>((resolve) => {
      socket.once("close", () => {
        this.#sockets.delete(socket);
        resolve();
      });
    });
    socket.on("error", () => {});
    let came = "";
    socket.on("data", (chunk: Buffer) => {
      came += chunk.toString("latin1");
      // The tests' requests have no body.
      for (let end = came.indexOf("\r\n\r\n"); end !== -1; end = came.indexOf("\r\n\r\n")) {
        came = came.slice(end + 4);
        const next = this.#next;
        this.#next = null;
        if (next !== null) {
          const tainted = (this.#tainted = { later: 0, socket, closed });
          void answer(socket, next.response, next.cuts).then(() => next.sent(tainted));
          continue;
        }
        if (this.#tainted?.socket === socket) this.#tainted.later++;
        socket.write(`HTTP/1.1 200 OK\r\nContent-Length: ${GOOD.length}\r\n\r\n${GOOD}`);
      }
    });
  }
}

async function answer(
  socket: Socket,
  { bytes, lastly }: HostileResponse,
  cuts: readonly number[],
): Promise<void> {
  let from = 0;
  for (const cut of [...cuts, bytes.length]) {
    if (socket.destroyed) return;
    socket.write(bytes.slice(from, cut), "latin1");
    from = cut;
    if (from < bytes.length) await turn();
  }
  if (lastly === "end") socket.end();
  if (lastly !== "reset") return;
  // Nothing would be left to reset if the bytes went with it.
  await turn();
  socket.resetAndDestroy();
}
