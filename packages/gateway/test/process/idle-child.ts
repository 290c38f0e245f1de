/**
 * Both ends of many WebSockets in a process of its own, without any library, so that thousands take little: a sandbox that
 * answers each message with itself, and clients at several addresses of loopback.
 */
import { createHash } from "node:crypto";
import { once } from "node:events";
import { connect, createServer, type AddressInfo, type Socket } from "node:net";

export type IdleOrder =
  | { readonly kind: "open"; readonly url: string; readonly count: number }
  | { readonly kind: "exchange" }
  | { readonly kind: "close" };
export interface IdleReply {
  /** WebSockets that are open on both ends. */
  readonly open: number;
  /** Messages that came back right. */
  readonly right: number;
}

const GUID = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";
const KEY = "dGhlIHNhbXBsZSBub25jZQ==";
/** So many are being opened at once: a listener's queue is not endless. */
const AT_ONCE = 100;
/** Addresses that they come from; one has 28,000 ports, less those in use. */
const ADDRESSES = 8;

const sandboxEnds = new Set<Socket>();
const clients: Socket[] = [];

const sandbox = createServer((socket) => {
  sandboxEnds.add(socket);
  socket.on("error", () => {});
  socket.on("close", () => sandboxEnds.delete(socket));
  let head = "";
  socket.on("data", (bytes: Buffer) => {
    if (head.endsWith("\r\n\r\n")) {
      // A masked frame of four bytes goes back without its mask.
      const payload = Buffer.from(bytes.subarray(6, 10).map((byte, at) => byte ^ bytes[2 + at]!));
      socket.write(Buffer.concat([Buffer.from([0x82, 4]), payload]));
      return;
    }
    head += bytes.toString("latin1");
    if (!head.endsWith("\r\n\r\n")) return;
    const accept = createHash("sha1").update(`${KEY}${GUID}`).digest("base64");
    socket.write(
      `HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: ${accept}\r\n\r\n`,
    );
  });
});

async function openOne(url: URL, port: number, index: number): Promise<void> {
  const socket = connect({
    port: Number(url.port),
    host: url.hostname,
    localAddress: `127.0.0.${2 + (index % ADDRESSES)}`,
  });
  socket.on("error", () => {});
  await once(socket, "connect");
  clients.push(socket);
  socket.write(
    `GET /alice/box:${port}/ HTTP/1.1\r\nHost: ${url.host}\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: ${KEY}\r\n\r\n`,
  );
  const [answer] = (await once(socket, "data")) as [Buffer];
  if (!answer.toString("latin1").startsWith("HTTP/1.1 101 ")) throw new Error(answer.toString("latin1"));
}

/** Sends each a message of its own, and says whether it comes back. */
async function exchangeOne(socket: Socket, index: number): Promise<boolean> {
  if (socket.destroyed) return false;
  const payload = Buffer.alloc(4);
  payload.writeUInt32BE(index);
  const mask = Buffer.from([index & 255, 2, 3, 4]);
  const masked = Buffer.from(payload.map((byte, at) => byte ^ mask[at]!));
  const back = once(socket, "data") as Promise<[Buffer]>;
  socket.write(Buffer.concat([Buffer.from([0x82, 0x84]), mask, masked]));
  const [frame] = await back;
  return frame.equals(Buffer.concat([Buffer.from([0x82, 4]), payload]));
}

async function inTurn(count: number, act: (index: number) => Promise<void>): Promise<void> {
  let next = 0;
  const lane = async (): Promise<void> => {
    for (let index = next++; index < count; index = next++) await act(index);
  };
  await Promise.all(Array.from({ length: AT_ONCE }, lane));
}

async function carryOut(order: IdleOrder): Promise<IdleReply> {
  let right = 0;
  if (order.kind === "open") {
    if (!sandbox.listening) await once(sandbox.listen(0, "127.0.0.1"), "listening");
    const { port } = sandbox.address() as AddressInfo;
    const url = new URL(order.url);
    await inTurn(order.count, (index) => openOne(url, port, index));
  } else if (order.kind === "exchange") {
    await inTurn(clients.length, async (index) => {
      if (await exchangeOne(clients[index]!, index)) right++;
    });
  } else {
    for (const socket of clients.splice(0)) socket.destroy();
    await Promise.all([...sandboxEnds].map((socket) => once(socket, "close")));
  }
  const open = Math.min(clients.filter(({ destroyed }) => !destroyed).length, sandboxEnds.size);
  return { open, right };
}

process.on("message", (order: IdleOrder) => {
  carryOut(order).then(
    (reply) => process.send?.(reply),
    (error: unknown) => {
      console.error(error);
      process.exit(1);
    },
  );
});
process.on("disconnect", () => process.exit());
