import type { Duplex } from "node:stream";
import type { RawData, WebSocket } from "ws";

/** Subprotocol of clients that name the ports in the query (client libraries for JavaScript and Python). */
export const CHANNEL_PORT_FORWARD_PROTOCOL = "v4.channel.k8s.io";

const HIGH_WATER_BYTES = 1024 * 1024;

/**
 * The older WebSocket form of port-forward: two channels a port, 2n for data and 2n + 1 for an error text. Each
 * channel's first message is the port as two bytes, least significant first.
 */
export async function serveChannelPortForward(
  socket: WebSocket,
  ports: readonly number[],
  dial: (port: number) => Promise<Duplex>,
): Promise<void> {
  const targets: (Duplex | null)[] = ports.map(() => null);
  const early: Buffer[][] = ports.map(() => []);
  const done = new Promise<void>((resolve) => socket.once("close", () => resolve()));

  socket.on("message", (data: RawData) => {
    const message = Buffer.isBuffer(data)
      ? data
      : Buffer.concat(Array.isArray(data) ? data : [Buffer.from(data)]);
    const channel = message[0];
    if (channel === undefined || channel % 2 !== 0 || channel / 2 >= ports.length) return;
    const target = targets[channel / 2];
    const body = message.subarray(1);
    if (target === null) early[channel / 2]?.push(body);
    else if (target !== undefined && !target.destroyed && !target.write(body)) {
      socket.pause();
      target.once("drain", () => socket.resume());
      target.once("close", () => socket.resume());
    }
  });

  ports.forEach((port, index) => {
    const head = Buffer.from([0, port & 0xff, port >> 8]);
    for (const channel of [2 * index, 2 * index + 1]) {
      head[0] = channel;
      socket.send(Buffer.from(head));
    }
    dial(port).then(
      (target) => {
        targets[index] = target;
        for (const body of early[index] ?? []) target.write(body);
        target.on("data", (chunk: Buffer) => {
          socket.send(Buffer.concat([Buffer.from([2 * index]), chunk]), () => {
            if (socket.bufferedAmount <= HIGH_WATER_BYTES) target.resume();
          });
          if (socket.bufferedAmount > HIGH_WATER_BYTES) target.pause();
        });
        target.once("error", (error) => sendError(socket, index, error.message));
        target.once("close", () => {
          // This form has no half-close: the last port that ends closes the socket.
          if (targets.every((one) => one === null || one.destroyed)) socket.close(1000);
        });
        socket.once("close", () => target.destroy());
      },
      (error: Error) => sendError(socket, index, `error forwarding port ${port}: ${error.message}`),
    );
  });
  await done;
}

function sendError(socket: WebSocket, index: number, message: string): void {
  if (socket.readyState !== socket.OPEN) return;
  socket.send(Buffer.concat([Buffer.from([2 * index + 1]), Buffer.from(message)]));
}
