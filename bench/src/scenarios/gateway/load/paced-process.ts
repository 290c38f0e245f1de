/**
 * Sends requests at a fixed rate whether or not earlier ones were answered, and times each from the moment it was due: a proxy
 * that stands still for a while is charged with all the requests that it kept waiting.
 */
import type { Socket } from "node:net";
import { begin, latencyOf, readTask, tell } from "./generator.ts";
import { connectBuffered } from "./open-websocket.ts";

export interface PacedTask {
  host: string;
  port: number;
  /** Whole requests, sent in turn. */
  requests: readonly string[];
  perSecond: number;
  seconds: number;
  connections: number;
}

interface Connection {
  socket: Socket;
  /** When the request under way was due; NaN while there is none. */
  dueMs: number;
  /** Bytes of the answer that are still to come; 0 before its head. */
  missing: number;
}

const LENGTH = /\r\ncontent-length: *(\d+)/i;
/** For the first requests, which nobody times. */
const WARM_MS = 200;

const task = await readTask<PacedTask>();
const requests = task.requests.map((text) => Buffer.from(text, "latin1"));
const buffer = Buffer.allocUnsafeSlow(64 * 1024);
const idle: Connection[] = [];
const waiting: number[] = [];
const latencies = new Float64Array(Math.ceil(task.perSecond * task.seconds * 1.1));
let [counted, sent] = [0, 0];
const everyMs = 1000 / task.perSecond;
const startMs = performance.now() + WARM_MS;
const endMs = startMs + task.seconds * 1000;
let nextMs = performance.now();

for (let index = 0; index < task.connections; index++) idle.push(open());
setImmediate(tick);
setTimeout(begin, WARM_MS);

function open(): Connection {
  const connection: Connection = {
    socket: connectBuffered(task, buffer, (bytes) => take(connection, bytes)),
    dueMs: Number.NaN,
    missing: 0,
  };
  connection.socket.once("close", () => fail("a connection was closed"));
  connection.socket.on("error", (error) => fail(error.message));
  return connection;
}

/** Turns around without a pause, because a timer would send in bursts of a millisecond. */
function tick(): void {
  const now = performance.now();
  while (nextMs <= now && nextMs < endMs) {
    const connection = idle.pop();
    if (connection === undefined) waiting.push(nextMs);
    else send(connection, nextMs);
    nextMs += everyMs;
  }
  if (now < endMs) setImmediate(tick);
  else tell({ count: counted, seconds: task.seconds, latency: latencyOf(latencies.subarray(0, counted)) });
}

function send(connection: Connection, dueMs: number): void {
  connection.dueMs = dueMs;
  connection.socket.write(requests[sent++ % requests.length] ?? "");
}

function take(connection: Connection, bytes: Buffer): void {
  if (connection.missing === 0) {
    // Heads are small and come whole; the generator would say so where one does not.
    const end = bytes.indexOf("\r\n\r\n");
    const head = bytes.toString("latin1", 0, Math.max(0, end));
    const length = LENGTH.exec(head)?.[1];
    if (end === -1 || length === undefined || !head.startsWith("HTTP/1.1 200 "))
      return fail(`an answer that is none: ${bytes.toString("latin1", 0, 300)}`);
    connection.missing = end + 4 + Number(length);
  }
  connection.missing -= bytes.length;
  if (connection.missing > 0) return;
  if (connection.dueMs >= startMs && counted < latencies.length)
    latencies[counted++] = performance.now() - connection.dueMs;
  const due = waiting.shift();
  if (due === undefined) idle.push(connection);
  else send(connection, due);
}

function fail(why: string): void {
  process.stderr.write(`${why}\n`);
  process.exit(1);
}
