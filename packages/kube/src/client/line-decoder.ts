/** A watch event larger than this ends the watch; objects are limited to 1.5 MB by every API server. */
const MAX_LINE_BYTES = 8 * 1024 * 1024;

/** Cuts a stream of bytes into lines at LF. Works on bytes, so a character split over two chunks stays whole. */
export class LineDecoder {
  #parts: Buffer[] = [];
  #size = 0;

  /** @throws RangeError on a line over the limit. */
  push(chunk: Uint8Array): string[] {
    const bytes = Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength);
    const lines: string[] = [];
    let start = 0;
    for (let end = bytes.indexOf(0x0a); end !== -1; end = bytes.indexOf(0x0a, start)) {
      this.#add(bytes.subarray(start, end));
      const line = Buffer.concat(this.#parts).toString("utf8");
      this.#parts = [];
      this.#size = 0;
      if (line.trim() !== "") lines.push(line);
      start = end + 1;
    }
    // Copied: the rest outlives the chunk, whose memory the transport may use again.
    if (start < bytes.length) this.#add(Buffer.from(bytes.subarray(start)));
    return lines;
  }

  #add(part: Buffer): void {
    this.#size += part.length;
    if (this.#size > MAX_LINE_BYTES) throw new RangeError(`a line of more than ${MAX_LINE_BYTES} bytes`);
    this.#parts.push(part);
  }
}
