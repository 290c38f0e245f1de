/** Content of whatever size that is made on the fly, the same at the same place each time, and not the same anywhere else. */
import { crc32 } from "node:zlib";

export const MEBIBYTE = 1024 * 1024;

/** Twice a block, so that blocks can begin anywhere in its first half. */
const BASE = Buffer.alloc(2 * MEBIBYTE);
let state = 0x9e3779b9;
for (let at = 0; at < BASE.length; at += 4) {
  // A generator of pseudo-random numbers: 32 bits, shifted and combined with themselves.
  state ^= state << 13;
  state ^= state >>> 17;
  state ^= state << 5;
  BASE.writeInt32LE(state | 0, at);
}

/** A step between the begins of two blocks that has no divisor in common with their size. */
const STEP = 7919;

/** Bytes from one place up to another. */
export function* contentOf(from: number, to: number): Generator<Buffer> {
  for (let at = from; at < to;) {
    const block = Math.floor(at / MEBIBYTE);
    const begin = ((block * STEP) % MEBIBYTE) + (at % MEBIBYTE);
    const size = Math.min(MEBIBYTE - (at % MEBIBYTE), to - at);
    yield BASE.subarray(begin, begin + size);
    at += size;
  }
}

/** Counts bytes, and sums them up. */
export class Checksum {
  bytes = 0;
  crc = 0;

  add(piece: Uint8Array): void {
    this.bytes += piece.length;
    this.crc = crc32(piece, this.crc);
  }

  toString(): string {
    return `${this.bytes} bytes ${this.crc.toString(16)}`;
  }
}

export function checksumOf(from: number, to: number): string {
  const sum = new Checksum();
  for (const piece of contentOf(from, to)) sum.add(piece);
  return sum.toString();
}
