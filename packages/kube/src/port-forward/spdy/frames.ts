/**
 * SPDY/3.1 framing, as far as Kubernetes uses it: streams with headers, data and half-close. Flow control is left out on
 * both sides, as in the Go implementation that kubectl carries: it sends no WINDOW_UPDATE and waits for none, so
 * honouring the initial window of 64 KiB would stop every transfer there. Backpressure is that of the connection.
 */
export const FrameType = {
  synStream: 1,
  synReply: 2,
  rstStream: 3,
  settings: 4,
  ping: 6,
  goAway: 7,
  headers: 8,
  windowUpdate: 9,
} as const;

export const FLAG_FIN = 0x01;

/** Status codes of RST_STREAM. */
export const RstStatus = { protocolError: 1, refusedStream: 3, cancel: 5, internalError: 6 } as const;

/** Larger frames are refused: nothing in the protocols carried needs one. */
const MAX_FRAME_BYTES = 1024 * 1024;

export type Frame =
  | { kind: "data"; streamId: number; fin: boolean; data: Buffer }
  | { kind: "control"; version: number; type: number; flags: number; payload: Buffer };

export class SpdyError extends Error {
  override readonly name = "SpdyError";
}

/** Cuts a byte stream into frames, however it arrives in pieces. */
export class FrameDecoder {
  #pending: Buffer = Buffer.alloc(0);

  /** @throws SpdyError on a frame over the limit. */
  push(chunk: Buffer): Frame[] {
    this.#pending = this.#pending.length === 0 ? chunk : Buffer.concat([this.#pending, chunk]);
    const frames: Frame[] = [];
    let offset = 0;
    while (this.#pending.length - offset >= 8) {
      const head = this.#pending.readUInt32BE(offset);
      const second = this.#pending.readUInt32BE(offset + 4);
      const length = second & 0xffffff;
      if (length > MAX_FRAME_BYTES) throw new SpdyError(`frame of ${length} bytes`);
      if (this.#pending.length - offset - 8 < length) break;
      const payload = this.#pending.subarray(offset + 8, offset + 8 + length);
      const flags = second >>> 24;
      frames.push(
        head >>> 31 === 0
          ? { kind: "data", streamId: head, fin: (flags & FLAG_FIN) !== 0, data: payload }
          : { kind: "control", version: (head >>> 16) & 0x7fff, type: head & 0xffff, flags, payload },
      );
      offset += 8 + length;
    }
    this.#pending = this.#pending.subarray(offset);
    return frames;
  }
}

export function encodeData(streamId: number, data: Buffer, fin: boolean): Buffer {
  const head = Buffer.alloc(8);
  head.writeUInt32BE(streamId & 0x7fffffff, 0);
  head.writeUInt32BE((fin ? FLAG_FIN << 24 : 0) + data.length, 4);
  return Buffer.concat([head, data]);
}

export function encodeControl(type: number, flags: number, payload: Buffer): Buffer {
  const head = Buffer.alloc(8);
  head.writeUInt32BE((0x8003 * 0x10000 + type) >>> 0, 0);
  head.writeUInt32BE(flags * 0x1000000 + payload.length, 4);
  return Buffer.concat([head, payload]);
}

/** Payload of the control frames that are nothing but 32-bit words. */
export function words(...values: readonly number[]): Buffer {
  const payload = Buffer.alloc(values.length * 4);
  values.forEach((value, index) => payload.writeUInt32BE(value >>> 0, index * 4));
  return payload;
}
