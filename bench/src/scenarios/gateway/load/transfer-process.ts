/** Downloads or uploads a large body over each of some connections. */
import { once } from "node:events";
import type { Socket } from "node:net";
import { begin, readTask, tell } from "./generator.ts";
import { connectBuffered, headOf, type RawTarget } from "./open-websocket.ts";

export interface TransferTask {
  direction: "download" | "upload";
  /** One connection each. */
  targets: readonly RawTarget[];
  /** Of each body. */
  bytes: number;
}

const PIECE = 256 * 1024;

const task = await readTask<TransferTask>();
const buffer = Buffer.allocUnsafeSlow(PIECE);
const piece = Buffer.alloc(PIECE);
const began = begin();
await Promise.all(task.targets.map(task.direction === "download" ? download : upload));
tell({ count: task.bytes * task.targets.length, seconds: (performance.now() - began) / 1000 });

function download(target: RawTarget): Promise<void> {
  const done = Promise.withResolvers<void>();
  let missing = task.bytes;
  let head = "";
  const socket = connectBuffered(target, buffer, (bytes) => {
    if (head.endsWith("\r\n\r\n")) missing -= bytes.length;
    else {
      const end = bytes.indexOf("\r\n\r\n");
      head += bytes.toString("latin1", 0, end === -1 ? bytes.length : end + 4);
      if (end !== -1) missing -= bytes.length - end - 4;
      if (end !== -1 && !head.startsWith("HTTP/1.1 206 ")) done.reject(new Error(head));
    }
    if (missing === 0) done.resolve();
  });
  watch(socket, done);
  socket.write(headOf("GET", target, { Range: `bytes=0-${task.bytes - 1}` }));
  return done.promise.finally(() => socket.destroy());
}

async function upload(target: RawTarget): Promise<void> {
  const done = Promise.withResolvers<void>();
  let answer = "";
  const socket = connectBuffered(target, buffer, (bytes) => {
    answer += bytes.toString("latin1");
    if (answer.includes(`{"received":${task.bytes}}`)) done.resolve();
    else if (!answer.startsWith("HTTP/1.1 200 ")) done.reject(new Error(answer));
  });
  watch(socket, done);
  socket.write(headOf("POST", target, { "Content-Length": String(task.bytes) }));
  for (let left = task.bytes; left > 0; left -= PIECE) {
    const goesOn = socket.write(left >= PIECE ? piece : piece.subarray(0, left));
    if (!goesOn) await Promise.race([once(socket, "drain"), done.promise]);
  }
  await done.promise;
  socket.destroy();
}

function watch(socket: Socket, done: PromiseWithResolvers<void>): void {
  socket.once("error", done.reject);
  socket.once("close", () => done.reject(new Error("the connection was closed before its end")));
}
