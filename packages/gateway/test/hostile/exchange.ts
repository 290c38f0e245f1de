/** A client that sends bytes as they are, in pieces of its choice, and reads answers one after another. */
import { once } from "node:events";
import { connect, type Socket } from "node:net";
import { connect as connectTls } from "node:tls";
import type { Door } from "./doors.ts";
import { parseResponses, type ReadResponse } from "./reference/parse-responses.ts";

export interface Outcome {
  /** Final answers that were there as a whole, in their order. */
  answers: ReadResponse[];
  /** Bytes behind the last whole answer. */
  rest: string;
  /** The gateway ended the connection before the client did. */
  ended: boolean;
  /** Nothing happened for so long that the client gave up. */
  hung: boolean;
}

export interface SendOptions {
  /** Where the bytes are cut; each piece is sent when the one before has been read. */
  cuts?: readonly number[];
  /** The client ends its side once the whole answers so far are enough. Without it the gateway has to end. */
  enough?: (answers: readonly ReadResponse[]) => boolean;
  /** The client ends its side right after the bytes. */
  ends?: boolean;
  /** Methods of the requests, where they are known; an answer to HEAD has no body. */
  methods?: readonly string[];
}

/** Far beyond everything that happens on one machine; a case that gets there has failed. */
export const HANG_MS = 15_000;

/** Sends the bytes and reads until the connection is closed. */
export async function exchange(
  { port, secure }: Pick<Door, "port" | "secure">,
  bytes: string,
  options: SendOptions,
): Promise<Outcome> {
  const where = { port, host: "127.0.0.1", noDelay: true, allowHalfOpen: true };
  const socket: Socket = secure
    ? connectTls({ ...where, rejectUnauthorized: false, ALPNProtocols: ["http/1.1"] })
    : connect(where);
  const methods = options.methods ?? [];
  let came = "";
  let ended = false;
  let weEnded = false;
  let hung = false;
  const guard = setTimeout(() => {
    hung = true;
    socket.destroy();
  }, HANG_MS);
  // A refusal may come while we still send; what we send then meets a closed connection.
  socket.on("error", () => {});
  const closed = new Promise<void>((resolve) => socket.once("close", () => resolve()));
  const endOurs = (): void => {
    weEnded = true;
    socket.end();
  };
  socket.on("data", (chunk: Buffer) => {
    came += chunk.toString("latin1");
    if (!weEnded && options.enough?.(parseResponses(came, methods, false).messages) === true) endOurs();
  });
  socket.on("end", () => {
    ended ||= !weEnded;
    socket.end();
  });
  await Promise.race([once(socket, secure ? "secureConnect" : "connect").catch(() => {}), closed]);
  await sendPieces(socket, bytes, options.cuts ?? [], () => ended);
  if (options.ends === true && !weEnded) endOurs();
  await closed;
  clearTimeout(guard);
  ended ||= !weEnded && !hung;
  const { messages, restBytes } = parseResponses(came, methods, true);
  return { answers: messages, rest: restBytes, ended, hung };
}

async function sendPieces(
  socket: Socket,
  bytes: string,
  cuts: readonly number[],
  over: () => boolean,
): Promise<void> {
  let from = 0;
  for (const cut of [...cuts, bytes.length]) {
    if (over() || socket.destroyed) return;
    socket.write(bytes.slice(from, cut), "latin1");
    from = cut;
    if (from < bytes.length) await turn();
  }
}

/** Lets everything that loopback has delivered be read: client, gateway and upstream share one event loop. */
export async function turn(): Promise<void> {
  for (let count = 0; count < 2; count++) await new Promise<void>((resolve) => setImmediate(resolve));
}

/** Undefined where the promise is not fulfilled long after it had to be. */
export async function inTime<Value>(promise: Promise<Value>): Promise<Value | undefined> {
  let guard: NodeJS.Timeout | undefined;
  const late = new Promise<undefined>((resolve) => {
    guard = setTimeout(() => resolve(undefined), HANG_MS);
  });
  try {
    return await Promise.race([promise, late]);
  } finally {
    clearTimeout(guard);
  }
}
