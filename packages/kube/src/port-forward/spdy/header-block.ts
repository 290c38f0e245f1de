import { createInflate, constants, type Inflate } from "node:zlib";
import { DICTIONARY, DICTIONARY_ID } from "./dictionary.ts";
import { SpdyError } from "./frames.ts";

/** Names in lower case; several values of one name are joined by NUL on the wire and stay so here. */
export type SpdyHeaders = ReadonlyMap<string, string>;

const MAX_BLOCK_BYTES = 256 * 1024;

/**
 * Reads the header blocks of one connection. They share one zlib stream, so blocks have to be decoded in the order of
 * arrival, each after the one before is done.
 */
export class HeaderReader {
  readonly #inflate: Inflate = createInflate({ dictionary: DICTIONARY, finishFlush: constants.Z_SYNC_FLUSH });
  #size = 0;
  #parts: Buffer[] = [];
  #failure: Error | null = null;

  constructor() {
    this.#inflate.on("data", (part: Buffer) => {
      this.#size += part.length;
      if (this.#size <= MAX_BLOCK_BYTES) this.#parts.push(part);
    });
    this.#inflate.on("error", (error) => {
      this.#failure = error;
    });
  }

  async read(block: Buffer): Promise<SpdyHeaders> {
    this.#parts = [];
    this.#size = 0;
    await new Promise<void>((resolve, reject) => {
      const failed = (error: Error): void => reject(new SpdyError(`header block: ${error.message}`));
      if (this.#failure !== null) {
        failed(this.#failure);
        return;
      }
      this.#inflate.once("error", failed);
      this.#inflate.write(block, () => {
        // The output of one write is complete only after a flush.
        this.#inflate.flush(constants.Z_SYNC_FLUSH, () => {
          this.#inflate.off("error", failed);
          resolve();
        });
      });
    });
    if (this.#size > MAX_BLOCK_BYTES) throw new SpdyError("header block too large");
    return parseNameValues(Buffer.concat(this.#parts));
  }

  close(): void {
    this.#inflate.close();
  }
}

/** @throws SpdyError where lengths do not fit the block. */
export function parseNameValues(block: Buffer): SpdyHeaders {
  const headers = new Map<string, string>();
  let offset = 0;
  const word = (): number => {
    if (offset + 4 > block.length) throw new SpdyError("header block ends within a length");
    offset += 4;
    return block.readUInt32BE(offset - 4);
  };
  const text = (): string => {
    const length = word();
    if (offset + length > block.length) throw new SpdyError("header block ends within a text");
    offset += length;
    return block.toString("utf8", offset - length, offset);
  };
  for (let left = word(); left > 0; left--) {
    const name = text().toLowerCase();
    headers.set(name, text());
  }
  return headers;
}

export function printNameValues(headers: SpdyHeaders): Buffer {
  const parts: Buffer[] = [];
  const word = (value: number): void => {
    const bytes = Buffer.alloc(4);
    bytes.writeUInt32BE(value);
    parts.push(bytes);
  };
  word(headers.size);
  for (const pair of headers) {
    for (const text of pair) {
      const bytes = Buffer.from(text, "utf8");
      word(bytes.length);
      parts.push(bytes);
    }
  }
  return Buffer.concat(parts);
}

/**
 * Writes the header blocks of one connection, as stored (uncompressed) deflate blocks: valid for every reader, and our
 * replies carry next to nothing.
 */
export class HeaderWriter {
  #started = false;

  write(headers: SpdyHeaders): Buffer {
    const parts: Buffer[] = [];
    if (!this.#started) {
      this.#started = true;
      // CMF 0x78 and FLG 0xbb: deflate, 32 KiB window, preset dictionary, check bits; then the dictionary's id.
      const head = Buffer.from([0x78, 0xbb, 0, 0, 0, 0]);
      head.writeUInt32BE(DICTIONARY_ID, 2);
      parts.push(head);
    }
    const block = printNameValues(headers);
    for (let offset = 0; offset < block.length; offset += 0xffff) {
      const piece = block.subarray(offset, offset + 0xffff);
      const head = Buffer.alloc(5);
      head.writeUInt16LE(piece.length, 1);
      head.writeUInt16LE(~piece.length & 0xffff, 3);
      parts.push(head, piece);
    }
    // An empty block, as a flush of zlib makes it: Go's reader hands out what it has only when it meets one, and else
    // takes the end of the frame for the end of the stream.
    parts.push(Buffer.from([0, 0, 0, 0xff, 0xff]));
    return Buffer.concat(parts);
  }
}
