import type { Readable } from "node:stream";
import type { RawData, WebSocket } from "ws";
import { exitStatus, failureStatus, parseSize } from "./exec-status.ts";
import type { ContainerProcess } from "./pod-access.ts";

/** First byte of each message. */
const Channel = { stdin: 0, stdout: 1, stderr: 2, error: 3, resize: 4, close: 255 } as const;

/** Subprotocols in the order of our preference. v5 adds the half-close of stdin to v4. */
export const REMOTE_COMMAND_PROTOCOLS = ["v5.channel.k8s.io", "v4.channel.k8s.io"] as const;

/** Output waiting in the socket above which a stream of the process is paused. */
const HIGH_WATER_BYTES = 1024 * 1024;

/**
 * Carries a process over a WebSocket in the channel protocol of exec and attach: resolves when the process has ended
 * and its status is sent, or the client has gone.
 */
export async function serveRemoteCommand(
  socket: WebSocket,
  start: () => Promise<ContainerProcess>,
): Promise<void> {
  const early: RawData[] = [];
  const keep = (data: RawData): void => void early.push(data);
  socket.on("message", keep);
  // An empty message on the first output channel tells the client that the connection stands.
  socket.send(Buffer.from([Channel.stdout]));
  let process: ContainerProcess;
  try {
    process = await start();
  } catch (error) {
    await send(socket, Channel.error, Buffer.from(failureStatus((error as Error).message)));
    socket.close(1000);
    return;
  }
  socket.off("message", keep);
  const take = (data: RawData): void => takeMessage(socket, process, toBuffer(data));
  early.forEach(take);
  socket.on("message", take);
  socket.once("close", () => process.release());
  if (socket.readyState !== socket.OPEN) process.release();

  await Promise.all([
    pump(socket, Channel.stdout, process.stdout),
    pump(socket, Channel.stderr, process.stderr),
  ]);
  const status = await process.exited.then(
    ({ exitCode }) => exitStatus(exitCode),
    (error: Error) => failureStatus(error.message),
  );
  await send(socket, Channel.error, Buffer.from(status));
  socket.close(1000);
}

function takeMessage(socket: WebSocket, process: ContainerProcess, message: Buffer): void {
  const body = message.subarray(1);
  switch (message[0]) {
    case Channel.stdin:
      if (process.stdin === null || process.stdin.destroyed || process.stdin.writableEnded) return;
      if (!process.stdin.write(body)) {
        socket.pause();
        process.stdin.once("drain", () => socket.resume());
        process.stdin.once("close", () => socket.resume());
      }
      return;
    case Channel.resize: {
      const size = parseSize(body.toString("utf8"));
      if (size !== null) process.resize(size.width, size.height);
      return;
    }
    case Channel.close:
      if (body[0] === Channel.stdin) process.stdin?.end();
      return;
    default:
  }
}

async function pump(socket: WebSocket, channel: number, source: Readable | null): Promise<void> {
  if (source === null) return;
  for await (const chunk of source as AsyncIterable<Buffer>) {
    // After the client has gone the output is read on and dropped, so that the process never blocks on it.
    if (socket.readyState !== socket.OPEN) continue;
    const sent = send(socket, channel, chunk);
    if (socket.bufferedAmount > HIGH_WATER_BYTES) await sent;
  }
}

/** Resolves when the message is handed to the kernel or the socket is gone. */
function send(socket: WebSocket, channel: number, data: Buffer): Promise<void> {
  if (socket.readyState !== socket.OPEN) return Promise.resolve();
  return new Promise((resolve) => {
    socket.send(Buffer.concat([Buffer.from([channel]), data]), () => resolve());
  });
}

function toBuffer(data: RawData): Buffer {
  if (Buffer.isBuffer(data)) return data;
  return Array.isArray(data) ? Buffer.concat(data) : Buffer.from(data);
}
