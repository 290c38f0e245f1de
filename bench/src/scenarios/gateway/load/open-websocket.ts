import { connect, type Socket } from "node:net";

/** Where a WebSocket or another request of the raw generators goes. */
export interface RawTarget {
  host: string;
  port: number;
  /** Of the request, with its prefix. */
  path: string;
  headers: Readonly<Record<string, string>>;
}

/** The head of a request, with Host and whatever names the sandbox. */
export function headOf(
  method: string,
  target: RawTarget,
  more: Readonly<Record<string, string>> = {},
): string {
  const headers = { Host: `${target.host}:${target.port}`, ...target.headers, ...more };
  const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`);
  return `${method} ${target.path} HTTP/1.1\r\n${lines.join("")}\r\n`;
}

/**
 * A WebSocket after its handshake. Nothing of it is read beyond the head of the answer.
 *
 * @param socketOf - Makes the connection; one with a buffer of its own, for example.
 * @throws Error where the answer is not 101.
 */
export async function openWebSocket(
  target: RawTarget,
  socketOf: (onBytes: (bytes: Buffer) => void) => Socket,
  onFrames: (bytes: Buffer) => void,
): Promise<Socket> {
  const opened = Promise.withResolvers<Socket>();
  let head = "";
  let isOpen = false;
  const socket = socketOf((bytes) => {
    if (isOpen) {
      onFrames(bytes);
      return;
    }
    head += bytes.toString("latin1");
    if (!head.includes("\r\n\r\n")) return;
    isOpen = true;
    if (head.startsWith("HTTP/1.1 101 ")) opened.resolve(socket);
    else opened.reject(new Error(`${target.path} answered the handshake with ${head}`));
  });
  socket.once("error", opened.reject);
  socket.once("close", () => opened.reject(new Error(`${target.path} ended the connection: ${head}`)));
  socket.setNoDelay(true);
  socket.write(
    headOf("GET", target, {
      Connection: "Upgrade",
      Upgrade: "websocket",
      "Sec-WebSocket-Version": "13",
      "Sec-WebSocket-Key": "c2FuZGdhdGUtYmVuY2htYQ==",
    }),
  );
  return opened.promise;
}

/** A connection that is read into one buffer, which all connections of a generator share. */
export function connectBuffered(
  { host, port }: Pick<RawTarget, "host" | "port">,
  buffer: Buffer,
  onBytes: (bytes: Buffer) => void,
): Socket {
  return connect({
    host,
    port,
    noDelay: true,
    onread: {
      buffer,
      callback(length) {
        onBytes(buffer.subarray(0, length));
        return true;
      },
    },
  });
}
