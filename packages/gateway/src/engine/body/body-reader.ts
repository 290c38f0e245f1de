import type { ErrorCode } from "@sandgate/contract";
import { CHUNKED, UNTIL_CLOSE, type BodyLength } from "./body-length.ts";
import { ChunkScanner } from "./chunk-scanner.ts";

/** Follows one body after another through its bytes, and knows where each ends. */
export class BodyReader {
  /** Bytes that have gone by. */
  bytes = 0;
  #length: BodyLength = 0;
  readonly #error: ErrorCode;
  /** Made for the first body that comes in chunks. */
  #chunks: ChunkScanner | null = null;

  /** @param error - Code of the error for a malformed body. */
  constructor(error: ErrorCode) {
    this.#error = error;
  }

  begin(length: BodyLength): void {
    this.bytes = 0;
    this.#length = length;
    if (length !== CHUNKED) return;
    this.#chunks ??= new ChunkScanner(this.#error);
    this.#chunks.reset();
  }

  /** Refuses a chunked body that has begun once it would have more data; others say their length before. */
  allow(mostBytes: number): void {
    if (this.#length === CHUNKED) this.#chunks?.allow(mostBytes);
  }

  get length(): BodyLength {
    return this.#length;
  }

  get done(): boolean {
    if (this.#length === CHUNKED) return this.#chunks?.done === true;
    return this.#length !== UNTIL_CLOSE && this.bytes === this.#length;
  }

  /** Has the data of a chunked body told apart from its framing, and where that is asked for its trailers. */
  takeApart(
    onData: (bytes: Buffer, start: number, end: number) => void,
    onTrailer: ((name: string, value: string) => void) | null = null,
  ): void {
    if (this.#chunks === null) return;
    this.#chunks.onData = onData;
    this.#chunks.onTrailer = onTrailer;
  }

  /**
   * Takes what belongs to the body.
   *
   * @returns One past its last byte there.
   * @throws SandgateError where it is malformed.
   */
  take(bytes: Buffer, start: number, end: number): number {
    let stop = end;
    if (this.#length === CHUNKED) stop = this.#chunks?.feed(bytes, start, end) ?? start;
    else if (this.#length !== UNTIL_CLOSE) stop = Math.min(end, start + this.#length - this.bytes);
    this.bytes += stop - start;
    return stop;
  }
}
