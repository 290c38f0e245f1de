/** HTTP/2 by frames that the test writes itself: whatever a client could send, well-formed or not. */
import { once } from "node:events";
import { connect, type Socket } from "node:net";

export const PREFACE = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";
export const DATA = 0;
export const HEADERS = 1;
export const RST_STREAM = 3;
export const SETTINGS = 4;
export const PING = 6;
export const GOAWAY = 7;
export const WINDOW_UPDATE = 8;
export const CONTINUATION = 9;
export const END_STREAM = 0x1;
export const ACK = 0x1;
export const END_HEADERS = 0x4;

export function frame(type: number, flags: number, stream: number, payload: Buffer | string = ""): Buffer {
  const bytes = typeof payload === "string" ? Buffer.from(payload, "latin1") : payload;
  const head = Buffer.alloc(9);
  head.writeUIntBE(bytes.length, 0, 3);
  head[3] = type;
  head[4] = flags;
  head.writeUInt32BE(stream, 5);
  return Buffer.concat([head, bytes]);
}

export function uint32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(value);
  return bytes;
}

/** HPACK without an index and without Huffman codes: names and values are what the test says, whatever is in them. */
export function headerBlock(fields: readonly (readonly [string, string])[]): Buffer {
  return Buffer.concat(fields.flatMap(([name, value]) => [Buffer.from([0]), text(name), text(value)]));
}

function text(value: string): Buffer {
  return Buffer.concat([integer(value.length, 7), Buffer.from(value, "latin1")]);
}

function integer(value: number, bits: number): Buffer {
  const limit = 2 ** bits - 1;
  if (value < limit) return Buffer.from([value]);
  const bytes = [limit];
  let rest = value - limit;
  while (rest >= 128) {
    bytes.push((rest % 128) + 128);
    rest = Math.floor(rest / 128);
  }
  bytes.push(rest);
  return Buffer.from(bytes);
}

export interface Frame {
  type: number;
  flags: number;
  stream: number;
  payload: Buffer;
}

/** A connection that sends frames and keeps those that come. */
export class RawClient {
  readonly socket: Socket;
  readonly frames: Frame[] = [];
  closed = false;
  #rest: Buffer = Buffer.alloc(0);
  #changed = Promise.withResolvers<void>();

  private constructor(socket: Socket) {
    this.socket = socket;
    socket.on("data", (chunk: Buffer) => this.#take(chunk));
    socket.on("error", () => {});
    socket.on("close", () => {
      this.closed = true;
      this.#tell();
    });
  }

  /** @param hello - Sends preface and settings. */
  static async open(url: string, hello = true): Promise<RawClient> {
    const { port, hostname } = new URL(url);
    const socket = connect(Number(port), hostname);
    await once(socket, "connect");
    const client = new RawClient(socket);
    if (hello) client.send(Buffer.from(PREFACE, "latin1"), frame(SETTINGS, 0, 0));
    return client;
  }

  send(...bytes: Buffer[]): void {
    this.socket.write(Buffer.concat(bytes));
  }

  /** The first frame for which that holds, as soon as it is there; null where the connection ends before. */
  async wait(holds: (one: Frame) => boolean): Promise<Frame | null> {
    for (;;) {
      const found = this.frames.find(holds);
      if (found !== undefined || this.closed) return found ?? null;
      await this.#changed.promise;
    }
  }

  /** What becomes of a stream: `status` in its answer's head, `reset CODE`, `goaway CODE`, or `closed`. */
  async outcome(stream: number): Promise<string> {
    const last = await this.wait(
      (one) =>
        (one.stream === stream && (one.type === RST_STREAM || one.type === HEADERS)) || one.type === GOAWAY,
    );
    if (last === null) return "closed";
    if (last.type === RST_STREAM) return `reset ${last.payload.readUInt32BE()}`;
    if (last.type === GOAWAY) return `goaway ${last.payload.readUInt32BE(4)}`;
    return statusOf(last.payload);
  }

  #take(chunk: Buffer): void {
    this.#rest = Buffer.concat([this.#rest, chunk]);
    while (this.#rest.length >= 9) {
      const end = 9 + this.#rest.readUIntBE(0, 3);
      if (this.#rest.length < end) break;
      this.frames.push({
        type: this.#rest[3]!,
        flags: this.#rest[4]!,
        stream: this.#rest.readUInt32BE(5),
        payload: this.#rest.subarray(9, end),
      });
      this.#rest = this.#rest.subarray(end);
    }
    this.#tell();
  }

  #tell(): void {
    this.#changed.resolve();
    this.#changed = Promise.withResolvers();
  }
}

/** `:status` is first, from the static table or as digits behind the name's index. */
const STATUSES = ["200", "204", "206", "304", "400", "404", "500"];
function statusOf(block: Buffer): string {
  // A change of the table's size may stand before.
  let at = 0;
  while ((block[at]! & 0xe0) === 0x20) at++;
  const first = block[at]!;
  if ((first & 0x80) !== 0) return STATUSES[(first & 0x7f) - 8] ?? "?";
  const digits = block.subarray(at + 2, at + 2 + (block[at + 1]! & 0x7f));
  if ((block[at + 1]! & 0x80) === 0) return digits.toString("latin1");
  // Huffman codes of digits: 0 to 2 are the five bits of their value, 3 to 9 six bits from 0x19 on.
  const bits = [...digits].map((byte) => byte.toString(2).padStart(8, "0")).join("");
  let status = "";
  for (let bit = 0; status.length < 3;) {
    const five = Number.parseInt(bits.slice(bit, bit + 5), 2);
    if (five <= 2) {
      status += five;
      bit += 5;
    } else {
      status += Number.parseInt(bits.slice(bit, bit + 6), 2) - 0x19 + 3;
      bit += 6;
    }
  }
  return status;
}
