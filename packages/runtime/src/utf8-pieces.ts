/** A piece of output as it goes into one line of a stream. */
export type Piece = { data: string } | { data: string; encoding: "base64" };

/**
 * Turns chunks of bytes into pieces of text. A character split over two chunks waits for its rest; bytes that are no UTF-8
 * go as base64, so that nothing is lost.
 */
export class Utf8Pieces {
  #rest: Buffer = Buffer.alloc(0);

  push(chunk: Buffer): Piece[] {
    const bytes = this.#rest.length === 0 ? chunk : Buffer.concat([this.#rest, chunk]);
    const keep = unfinishedTail(bytes);
    this.#rest = Buffer.from(bytes.subarray(bytes.length - keep));
    return piece(bytes.subarray(0, bytes.length - keep));
  }

  end(): Piece[] {
    const rest = this.#rest;
    this.#rest = Buffer.alloc(0);
    return piece(rest);
  }
}

function piece(bytes: Buffer): Piece[] {
  if (bytes.length === 0) return [];
  try {
    return [{ data: new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes) }];
  } catch {
    return [{ data: bytes.toString("base64"), encoding: "base64" }];
  }
}

/** How many bytes at the end begin a character whose rest may still come: 0 to 3. */
function unfinishedTail(bytes: Buffer): number {
  for (let back = 1; back <= Math.min(3, bytes.length); back++) {
    const byte = bytes[bytes.length - back] ?? 0;
    if ((byte & 0xc0) === 0x80) continue;
    const length = byte >= 0xf0 && byte <= 0xf4 ? 4 : byte >= 0xe0 ? 3 : byte >= 0xc2 ? 2 : 1;
    return byte < 0xf5 && length > back ? back : 0;
  }
  return 0;
}
