const FIRST_BYTES = 64;

/** Writes one message of protobuf into memory that grows as needed. */
export class WireWriter {
  #buffer = Buffer.allocUnsafe(FIRST_BYTES);
  #length = 0;

  text(number: number, value: string): void {
    const bytes = Buffer.byteLength(value);
    this.#open(number, bytes);
    this.#length += this.#buffer.write(value, this.#length);
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
    this.#reserve(8);
    this.#length = this.#buffer.writeDoubleLE(value, this.#length);
  }

  message(number: number, value: WireWriter): void {
    this.#open(number, value.#length);
    this.#length += value.#buffer.copy(this.#buffer, this.#length, 0, value.#length);
  }

  /** What was written, in memory of its own. */
  finish(): Buffer {
    return Buffer.from(this.#buffer.subarray(0, this.#length));
  }

  /** Begins a field of wire type 2 and makes room for its content. */
  #open(number: number, bytes: number): void {
    this.#varint(number * 8 + 2);
    this.#varint(bytes);
    this.#reserve(bytes);
  }

  #varint(value: number): void {
    this.#reserve(8);
    let rest = value;
    while (rest > 0x7f) {
      this.#buffer[this.#length++] = (rest % 0x80) | 0x80;
      rest = Math.floor(rest / 0x80);
    }
    this.#buffer[this.#length++] = rest;
  }

  #reserve(bytes: number): void {
    const needed = this.#length + bytes;
    if (needed <= this.#buffer.length) return;
    const larger = Buffer.allocUnsafe(Math.max(needed, this.#buffer.length * 2));
    this.#buffer.copy(larger, 0, 0, this.#length);
    this.#buffer = larger;
  }
}
