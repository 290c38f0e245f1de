/** A sandbox that speaks HTTP/2 in frames, so that a test says exactly what is on the wire: a server of Node.js ends what it resets. */
import { once } from "node:events";
import { createServer, type AddressInfo, type Socket } from "node:net";

const PREFACE_BYTES = 24;
const HEAD_BYTES = 9;
const DATA = 0;
const HEADERS = 1;
const RST_STREAM = 3;
const SETTINGS = 4;
const GOAWAY = 7;
export const END_STREAM = 1;
const END_HEADERS = 4;

/** A frame that the gateway has sent. */
export interface Frame {
  readonly type: number;
  readonly flags: number;
  readonly id: number;
  readonly payload: Buffer;
}

/** One connection of the gateway's, as its sandbox sees it. */
export class FrameConnection {
  readonly socket: Socket;
  readonly frames: Frame[] = [];
  #bytes = Buffer.alloc(0);
  #begun = false;

  constructor(socket: Socket, onRequest: (connection: FrameConnection, id: number) => void) {
    this.socket = socket;
    socket.on("error", () => {});
    socket.on("data", (chunk) => {
      this.#bytes = Buffer.concat([this.#bytes, chunk]);
      if (!this.#begun && this.#bytes.length < PREFACE_BYTES) return;
      if (!this.#begun) this.#bytes = this.#bytes.subarray(PREFACE_BYTES);
      this.#begun = true;
      for (let frame = this.#next(); frame !== null; frame = this.#next()) {
        this.frames.push(frame);
        if (frame.type === HEADERS) onRequest(this, frame.id);
      }
    });
    this.send(SETTINGS, 0, 0);
  }

  send(type: number, flags: number, id: number, payload: Buffer = Buffer.alloc(0)): void {
    const head = Buffer.alloc(HEAD_BYTES);
    head.writeUIntBE(payload.length, 0, 3);
    head.writeUInt8(type, 3);
    head.writeUInt8(flags, 4);
    head.writeUInt32BE(id, 5);
    this.socket.write(Buffer.concat([head, payload]));
  }

  /** @param fields - Names and values in turn; each is sent as it is, without Huffman's code. */
  headers(id: number, fields: readonly string[], flags = 0): void {
    const parts = fields.map((text) => {
      const bytes = Buffer.from(text, "latin1");
      return Buffer.concat([lengthOf(bytes.length), bytes]);
    });
    const lines: Buffer[] = [];
    for (let index = 0; index < parts.length; index += 2)
      lines.push(Buffer.from([0]), parts[index]!, parts[index + 1]!);
    this.send(HEADERS, flags | END_HEADERS, id, Buffer.concat(lines));
  }

  data(id: number, text: string, flags = 0): void {
    this.send(DATA, flags, id, Buffer.from(text, "latin1"));
  }

  reset(id: number, code: number): void {
    this.send(RST_STREAM, 0, id, number(code));
  }

  goaway(lastId: number, code: number): void {
    this.send(GOAWAY, 0, 0, Buffer.concat([number(lastId), number(code)]));
  }

  #next(): Frame | null {
    const bytes = this.#bytes;
    if (bytes.length < HEAD_BYTES) return null;
    const end = HEAD_BYTES + bytes.readUIntBE(0, 3);
    if (bytes.length < end) return null;
    this.#bytes = bytes.subarray(end);
    return {
      type: bytes.readUInt8(3),
      flags: bytes.readUInt8(4),
      id: bytes.readUInt32BE(5),
      payload: bytes.subarray(HEAD_BYTES, end),
    };
  }
}

export interface FrameServer {
  readonly port: number;
  readonly connections: FrameConnection[];
  close(): void;
}

export async function openFrameServer(
  onRequest: (connection: FrameConnection, id: number) => void,
): Promise<FrameServer> {
  const connections: FrameConnection[] = [];
  const server = createServer((socket) => connections.push(new FrameConnection(socket, onRequest)));
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return {
    port: (server.address() as AddressInfo).port,
    connections,
    close() {
      for (const { socket } of connections) socket.destroy();
      server.close();
    },
  };
}

/** A number of seven bits with what is beyond them (RFC 7541, section 5.1). */
function lengthOf(length: number): Buffer {
  if (length < 127) return Buffer.from([length]);
  const bytes = [127];
  let rest = length - 127;
  for (; rest >= 128; rest >>= 7) bytes.push((rest & 127) | 128);
  return Buffer.from([...bytes, rest]);
}

function number(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(value);
  return bytes;
}
