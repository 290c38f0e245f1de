/** Follows many streams of events, and times each event from when the backend sent it until it is here. */
import { EVENT_BYTES } from "../backend/event-stream.ts";
import { begin, latencyOf, readTask, tell } from "./generator.ts";
import { connectBuffered, headOf, type RawTarget } from "./open-websocket.ts";

export interface EventsTask {
  /** One stream each. */
  targets: readonly RawTarget[];
  seconds: number;
  /** Events a second that all of them are sent together. */
  perSecond: number;
}

const WARM_MS = 300;
const SENT = "data: ";

const task = await readTask<EventsTask>();
const buffer = Buffer.allocUnsafeSlow(64 * 1024);
const latencies = new Float64Array(Math.ceil(task.perSecond * task.seconds * 2));
let [counted, counting] = [0, false];

for (const target of task.targets) {
  const socket = connectBuffered(target, buffer, (bytes) => {
    if (counting) take(bytes);
  });
  socket.on("error", (error) => {
    process.stderr.write(`${target.path}: ${error.message}\n`);
    process.exit(1);
  });
  socket.write(headOf("GET", target));
}
setTimeout(() => {
  counting = true;
  const began = begin();
  setTimeout(() => {
    const seconds = (performance.now() - began) / 1000;
    tell({ count: counted, seconds, latency: latencyOf(latencies.subarray(0, counted)) });
  }, task.seconds * 1000);
}, WARM_MS);

/** Events are far enough apart that a read has the start of each that it counts; one that is cut there is not counted. */
function take(bytes: Buffer): void {
  const now = process.hrtime.bigint();
  for (let at = bytes.indexOf(SENT); at !== -1; at = bytes.indexOf(SENT, at + EVENT_BYTES)) {
    const from = at + SENT.length;
    const end = bytes.indexOf(" ", from);
    if (end === -1 || counted === latencies.length) return;
    latencies[counted++] = Number(now - BigInt(bytes.toString("latin1", from, end))) / 1e6;
  }
}
