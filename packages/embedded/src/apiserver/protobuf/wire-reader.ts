import { ApiError } from "../server/api-error.ts";

/** How a value stands on the wire. */
export const VARINT = 0;
export const FIXED64 = 1;
export const BYTES = 2;
const START_GROUP = 3;
const END_GROUP = 4;
const FIXED32 = 5;

/** What an untrusted message may nest; a schema inside of a schema needs the most. */
const MAX_DEPTH = 200;

export function malformed(what: string): ApiError {
  return new ApiError("BadRequest", `couldn't read the body as protobuf: ${what}`);
}

/**
 * Reads one message of protobuf. Every method throws ApiError 400 where the bytes end too early or say what cannot be,
 * so that a loop over `more()` always ends.
 */
export class WireReader {
  readonly #bytes: Buffer;
  readonly #end: number;
  readonly #depth: number;
  #at: number;

  constructor(bytes: Buffer, start = 0, end = bytes.length, depth = 0) {
    this.#bytes = bytes;
    this.#at = start;
    this.#end = end;
    this.#depth = depth;
  }

  more(): boolean {
    return this.#at < this.#end;
  }

  /** Number and wire type of the field that follows. */
  tag(): { number: number; wireType: number } {
    const tag = this.varint();
    const number = Number(tag >> 3n);
    if (number < 1 || number > 536_870_911) throw malformed(`field number ${number}`);
    return { number, wireType: Number(tag & 7n) };
  }

  varint(): bigint {
    let low = 0;
    let shift = 0;
    // Nearly every varint fits in four bytes, where plain numbers do.
    while (shift < 28) {
      const byte = this.#byte();
      low |= (byte & 0x7f) << shift;
      if (byte < 0x80) return BigInt(low);
      shift += 7;
    }
    let value = BigInt(low);
    for (let high = 28n; high < 70n; high += 7n) {
      const byte = this.#byte();
      value |= BigInt(byte & 0x7f) << high;
      if (byte < 0x80) return BigInt.asUintN(64, value);
    }
    throw malformed("a number of more than ten bytes");
  }

  double(): number {
    const at = this.#take(8);
    return this.#bytes.readDoubleLE(at);
  }

  bytes(): Buffer {
    const length = this.#length();
    const at = this.#take(length);
    return this.#bytes.subarray(at, at + length);
  }

  text(): string {
    const length = this.#length();
    const at = this.#take(length);
    return this.#bytes.toString("utf8", at, at + length);
  }

  /** A reader of the message that follows. */
  message(): WireReader {
    if (this.#depth >= MAX_DEPTH) throw malformed(`more than ${MAX_DEPTH} messages in one another`);
    const length = this.#length();
    const at = this.#take(length);
    return new WireReader(this.#bytes, at, at + length, this.#depth + 1);
  }

  /** Passes over a field that nobody knows. */
  skip(number: number, wireType: number): void {
    const open: number[] = [];
    let field = number;
    let type = wireType;
    for (;;) {
      if (type === VARINT) this.varint();
      else if (type === FIXED64) this.#take(8);
      else if (type === BYTES) this.#take(this.#length());
      else if (type === FIXED32) this.#take(4);
      else if (type === START_GROUP) open.push(field);
      else if (type !== END_GROUP || open.pop() !== field) throw malformed(`wire type ${type}`);
      if (open.length === 0) return;
      ({ number: field, wireType: type } = this.tag());
    }
  }

  #length(): number {
    const length = this.varint();
    if (length > BigInt(this.#end - this.#at)) throw malformed("it ends too early");
    return Number(length);
  }

  #byte(): number {
    return this.#bytes[this.#take(1)] ?? 0;
  }

  /** Moves past `count` bytes and tells where they begin. */
  #take(count: number): number {
    const at = this.#at;
    if (count > this.#end - at) throw malformed("it ends too early");
    this.#at += count;
    return at;
  }
}
