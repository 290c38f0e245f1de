/** Sends every WebSocket a frame, and the next one as soon as it came back. */
import type { Socket } from "node:net";
import { clientFrame } from "../backend/websocket-frames.ts";
import { begin, readTask, tell } from "./generator.ts";
import { connectBuffered, openWebSocket, type RawTarget } from "./open-websocket.ts";

export interface EchoTask {
  /** One socket each. */
  targets: readonly RawTarget[];
  payloadBytes: number;
  seconds: number;
}

/** Without it the generator is what is measured. */
const WARM_MS = 200;

const task = await readTask<EchoTask>();
const buffer = Buffer.allocUnsafeSlow(64 * 1024);
const frame = clientFrame(Buffer.alloc(task.payloadBytes, "w"));
/** A server's frames have no mask. */
const answerBytes = frame.length - 4;
let count = 0;

const sockets = await Promise.all(task.targets.map(open));
for (const socket of sockets) socket.write(frame);
setTimeout(() => {
  const [began, before] = [begin(), count];
  setTimeout(() => {
    const seconds = (performance.now() - began) / 1000;
    tell({ count: count - before, seconds });
  }, task.seconds * 1000);
}, WARM_MS);

function open(target: RawTarget): Promise<Socket> {
  let received = 0;
  const opening = openWebSocket(
    target,
    (onBytes) => connectBuffered(target, buffer, onBytes),
    (bytes) => {
      received += bytes.length;
      if (received < answerBytes) return;
      received -= answerBytes;
      count++;
      socket?.write(frame);
    },
  );
  let socket: Socket | undefined;
  return opening.then((one) => (socket = one));
}
