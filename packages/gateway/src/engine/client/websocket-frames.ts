/**
 * Follows the boundaries of WebSocket frames (RFC 6455, section 5.2) without looking into them, so that a close frame can be
 * put between two.
 */
export class WebSocketFrames {
  /** Bytes of the frame's head that are there, 0 between two frames. */
  #headBytes = 0;
  #headLength = 2;
  #payload = 0;
  #remaining = 0;

  /** Nothing of a frame is on its way. */
  get between(): boolean {
    return this.#headBytes === 0 && this.#remaining === 0;
  }

  /**
   * Reads on.
   *
   * @returns Where in these bytes the first frame ends, -1 where none does. The begin counts, if a frame ended right before it.
   */
  feed(bytes: Buffer, start: number, end: number): number {
    let first = this.between ? start : -1;
    let at = start;
    while (at < end) {
      if (this.#remaining > 0) {
        const length = Math.min(this.#remaining, end - at);
        this.#remaining -= length;
        at += length;
      } else this.#headByte(bytes[at++]!);
      if (first === -1 && this.between) first = at;
    }
    return first;
  }

  #headByte(byte: number): void {
    const index = this.#headBytes++;
    if (index === 1) {
      const length = byte & 0x7f;
      const lengthBytes = length === 127 ? 8 : length === 126 ? 2 : 0;
      this.#headLength = 2 + lengthBytes + ((byte & 0x80) === 0 ? 0 : 4);
      this.#payload = lengthBytes === 0 ? length : 0;
      this.#lengthEnd = 2 + lengthBytes;
    } else if (index > 1 && index < this.#lengthEnd) {
      this.#payload = this.#payload * 256 + byte;
    }
    if (index < 1 || this.#headBytes < this.#headLength) return;
    this.#headBytes = 0;
    this.#headLength = 2;
    this.#remaining = this.#payload;
  }

  #lengthEnd = 2;
}
