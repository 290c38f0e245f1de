import type { Socket } from "node:net";

/** How often every stream gets an event. */
export const EVENT_EVERY_MS = 5;
/** Of one event, with its two line ends. */
export const EVENT_BYTES = 128;

const HEAD =
  "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nCache-Control: no-cache\r\nX-Accel-Buffering: no\r\n" +
  "Transfer-Encoding: chunked\r\n\r\n";

/** Sends every stream the same event on the same tick; it says when it was sent, by the clock that all processes share. */
export function createEventStreams(): { add(socket: Socket): void } {
  const streams = new Set<Socket>();
  setInterval(() => {
    if (streams.size === 0) return;
    const chunk = chunkOf(`data: ${process.hrtime.bigint()} `);
    for (const socket of streams) socket.write(chunk);
  }, EVENT_EVERY_MS).unref();
  return {
    add(socket) {
      streams.add(socket);
      socket.once("close", () => streams.delete(socket));
      socket.write(HEAD);
    },
  };
}

function chunkOf(start: string): string {
  const event = `${start.padEnd(EVENT_BYTES - 2, ".")}\n\n`;
  return `${EVENT_BYTES.toString(16)}\r\n${event}\r\n`;
}
