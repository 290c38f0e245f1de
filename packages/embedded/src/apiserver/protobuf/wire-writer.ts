/** Writes one message of protobuf. What is written is copied once, by `finish`. */
export class WireWriter {
  readonly #chunks: Uint8Array[] = [];
  #length = 0;

  get length(): number {
    return this.#length;
  }

  text(number: number, value: string): void {
    this.bytes(number, Buffer.from(value));
  }

  bytes(number: number, value: Uint8Array): void {
    this.#varint(number * 8 + 2);
    this.#varint(value.length);
    this.#push(value);
  }

  bool(number: number, value: boolean): void {
    this.integer(number, value ? 1 : 0);
  }

  /** A number that is not negative. */
  integer(number: number, value: number): void {
    this.#varint(number * 8);
    this.#varint(value);
  }

  double(number: number, value: number): void {
    this.#varint(number * 8 + 1);
    const eight = Buffer.alloc(8);
    eight.writeDoubleLE(value);
    this.#push(eight);
  }

  message(number: number, value: WireWriter): void {
    this.#varint(number * 8 + 2);
    this.#varint(value.#length);
    for (const chunk of value.#chunks) this.#push(chunk);
  }

  finish(): Buffer {
    return Buffer.concat(this.#chunks, this.#length);
  }

  #varint(value: number): void {
    const digits: number[] = [];
    let rest = value;
    while (rest > 0x7f) {
      digits.push((rest % 0x80) | 0x80);
      rest = Math.floor(rest / 0x80);
    }
    digits.push(rest);
    this.#push(Uint8Array.from(digits));
  }

  #push(chunk: Uint8Array): void {
    this.#chunks.push(chunk);
    this.#length += chunk.length;
  }
}
