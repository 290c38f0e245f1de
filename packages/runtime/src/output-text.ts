import { StringDecoder } from "node:string_decoder";

/** Collects one stream's output up to a limit. What is beyond is dropped, and the text says so. */
export class OutputText {
  readonly #limitBytes: number;
  readonly #decoder = new StringDecoder("utf8");
  #text = "";
  #bytes = 0;
  #dropped = 0;

  constructor(limitBytes: number) {
    this.#limitBytes = limitBytes;
  }

  push(chunk: Buffer): void {
    const room = this.#limitBytes - this.#bytes;
    const kept = chunk.subarray(0, Math.max(0, room));
    this.#bytes += kept.length;
    this.#dropped += chunk.length - kept.length;
    this.#text += this.#decoder.write(kept);
  }

  /** The text; bytes that are not UTF-8 become U+FFFD. */
  end(): string {
    const text = this.#text + this.#decoder.end();
    if (this.#dropped === 0) return text;
    return `${text}\n[output cut: ${this.#dropped} bytes more than the limit of ${this.#limitBytes}]\n`;
  }
}
