import { SandgateError, type ErrorCode } from "@sandgate/contract";
import {
  BACKSLASH,
  COLON,
  CR,
  EQUALS,
  FIELD_VALUE,
  HEX,
  LF,
  QUOTE,
  SEMICOLON,
  SPACE,
  TAB,
  TOKEN,
} from "../head/byte-classes.ts";

/** Digits of one chunk's size: 2^48 bytes, exact as a number. */
const MAX_SIZE_DIGITS = 12;
/** Bytes of extensions in a whole body. Nobody uses them but those who look for parsers that disagree. */
const MAX_EXTENSION_BYTES = 1024;
const MAX_TRAILER_BYTES = 8 * 1024;
const MAX_TRAILERS = 64;

/** What belongs into a head, where it is decided about; in a trailer it would be read by those who merge the two. */
const NOT_IN_TRAILERS: ReadonlySet<string> = new Set([
  "host",
  "connection",
  "content-length",
  "transfer-encoding",
  "content-encoding",
  "content-type",
  "content-range",
  "trailer",
  "te",
  "upgrade",
  "expect",
  "authorization",
  "cookie",
  "set-cookie",
  "forwarded",
  "x-real-ip",
  "x-request-id",
]);
/** What the gateway tells, or what addresses a sandbox. */
const FAMILIES_NOT_IN_TRAILERS = ["x-forwarded-", "x-sandbox-", "sandgate-", "proxy-"] as const;

/** Whether a name belongs into a head alone. */
export function isForHeads(name: string): boolean {
  return NOT_IN_TRAILERS.has(name) || FAMILIES_NOT_IN_TRAILERS.some((family) => name.startsWith(family));
}

export function bodyTooLarge(): SandgateError {
  return new SandgateError("REQUEST_BODY_TOO_LARGE", "Its body is longer than this sandbox takes.");
}

/** Where in the grammar of a chunked body the next byte stands. */
const State = {
  Size: 0,
  Extension: 1,
  SizeLf: 2,
  Data: 3,
  DataCr: 4,
  DataLf: 5,
  LineStart: 6,
  Name: 7,
  Value: 8,
  ValueLf: 9,
  LastLf: 10,
  Done: 11,
  Quoted: 12,
  QuotedPair: 13,
} as const;
type State = (typeof State)[keyof typeof State];

/**
 * Follows a chunked body (RFC 9112, section 7.1) through its pieces, wherever they are cut: sizes of hexadecimal digits only,
 * CR LF exactly where they belong, extensions and trailers bounded. Bytes that were scanned may be passed on as they are.
 */
export class ChunkScanner {
  /** Told of each piece of data, for whoever takes the chunks apart. */
  onData: ((bytes: Buffer, start: number, end: number) => void) | null = null;
  /** Told of each trailer, its name in lower case and its value one character a byte. */
  onTrailer: ((name: string, value: string) => void) | null = null;
  #state: State = State.Size;
  #remaining = 0;
  /** Bytes of data that may still be announced. */
  #allowance = Infinity;
  #digits = 0;
  #extensionBytes = 0;
  #trailerBytes = 0;
  #trailers = 0;
  #name = "";
  #value = "";
  readonly #error: ErrorCode;

  /** @param error - Code of the error for a malformed body. */
  constructor(error: ErrorCode) {
    this.#error = error;
  }

  get done(): boolean {
    return this.#state === State.Done;
  }

  /** Refuses the body that has begun at the first chunk with which it would have more data. */
  allow(mostBytes: number): void {
    this.#allowance = mostBytes;
  }

  /** Begins a new body, of any length. */
  reset(): void {
    this.#allowance = Infinity;
    this.onData = null;
    this.onTrailer = null;
    this.#state = State.Size;
    this.#remaining = 0;
    this.#digits = 0;
    this.#extensionBytes = 0;
    this.#trailerBytes = 0;
    this.#trailers = 0;
    this.#name = "";
  }

  /**
   * Reads on.
   *
   * @returns Where it stopped: at the end, or one past the body's last byte.
   * @throws SandgateError at the first byte that no chunked body has there.
   */
  feed(bytes: Buffer, start: number, end: number): number {
    let at = start;
    while (at < end && this.#state !== State.Done) {
      if (this.#state === State.Data) at = this.#skipData(bytes, at, end);
      else this.#step(bytes[at++]!);
    }
    return at;
  }

  #skipData(bytes: Buffer, at: number, end: number): number {
    const length = Math.min(this.#remaining, end - at);
    this.onData?.(bytes, at, at + length);
    this.#remaining -= length;
    if (this.#remaining === 0) this.#state = State.DataCr;
    return at + length;
  }

  #step(byte: number): void {
    switch (this.#state) {
      case State.Size:
        this.#stepSize(byte);
        return;
      case State.Extension:
      case State.Quoted:
      case State.QuotedPair:
        this.#stepExtension(byte);
        return;
      case State.SizeLf:
        this.#expect(byte, LF, "a chunk size that does not end with CR LF");
        this.#allowance -= this.#remaining;
        if (this.#allowance < 0) throw bodyTooLarge();
        this.#state = this.#remaining === 0 ? State.LineStart : State.Data;
        this.#digits = 0;
        return;
      case State.DataCr:
        this.#expect(byte, CR, "a chunk that is longer than its size");
        this.#state = State.DataLf;
        return;
      case State.DataLf:
        this.#expect(byte, LF, "a chunk that does not end with CR LF");
        this.#state = State.Size;
        return;
      default:
        this.#stepTrailer(byte);
    }
  }

  #stepSize(byte: number): void {
    const digit = HEX[byte]!;
    if (digit !== 255) {
      if (++this.#digits > MAX_SIZE_DIGITS) throw this.#refuse("a chunk size of too many digits");
      this.#remaining = this.#remaining * 16 + digit;
      return;
    }
    if (this.#digits === 0) throw this.#refuse("a chunk size that is no hexadecimal number");
    if (byte === CR) this.#state = State.SizeLf;
    else if (byte === SEMICOLON) this.#state = State.Extension;
    else throw this.#refuse("a chunk size that is no hexadecimal number");
  }

  /** `;name`, `;name=token` or `;name="text"`, any number of them, without spaces: what is quoted has to end in its line. */
  #stepExtension(byte: number): void {
    if (++this.#extensionBytes > MAX_EXTENSION_BYTES) throw this.#refuse("long chunk extensions");
    if (this.#state === State.Extension) {
      if (byte === CR) this.#state = State.SizeLf;
      else if (byte === QUOTE) this.#state = State.Quoted;
      else if (TOKEN[byte] === 0 && byte !== SEMICOLON && byte !== EQUALS)
        throw this.#refuse("a forbidden byte in a chunk's extension");
      return;
    }
    if (FIELD_VALUE[byte] !== 1) throw this.#refuse("a chunk extension whose quotes do not end");
    if (this.#state === State.QuotedPair) this.#state = State.Quoted;
    else if (byte === BACKSLASH) this.#state = State.QuotedPair;
    else if (byte === QUOTE) this.#state = State.Extension;
  }

  #stepTrailer(byte: number): void {
    if (++this.#trailerBytes > MAX_TRAILER_BYTES) throw this.#refuse("long trailers");
    switch (this.#state) {
      case State.LineStart:
        if (byte === CR) {
          this.#state = State.LastLf;
          return;
        }
        if (++this.#trailers > MAX_TRAILERS) throw this.#refuse("too many trailers");
        this.#name = "";
        this.#value = "";
        this.#state = State.Name;
        this.#stepName(byte);
        return;
      case State.Name:
        this.#stepName(byte);
        return;
      case State.Value:
        if (byte === CR) this.#state = State.ValueLf;
        else if (FIELD_VALUE[byte] !== 1) throw this.#refuse("a forbidden byte in a trailer");
        else if (this.onTrailer !== null && (this.#value !== "" || (byte !== SPACE && byte !== TAB)))
          this.#value += String.fromCharCode(byte);
        return;
      case State.ValueLf:
        this.#expect(byte, LF, "a trailer that does not end with CR LF");
        this.onTrailer?.(this.#name, withoutBlanks(this.#value));
        this.#state = State.LineStart;
        return;
      default:
        this.#expect(byte, LF, "an end that is not CR LF");
        this.#state = State.Done;
    }
  }

  #stepName(byte: number): void {
    const lower = TOKEN[byte]!;
    if (lower !== 0) {
      this.#name += String.fromCharCode(lower);
      return;
    }
    if (byte === SPACE || byte === TAB) throw this.#refuse("a folded trailer or a space before its colon");
    if (byte !== COLON || this.#name === "") throw this.#refuse("a trailer without a name and a colon");
    if (isForHeads(this.#name)) throw this.#refuse(`${this.#name} as a trailer`);
    this.#state = State.Value;
  }

  #expect(byte: number, expected: number, why: string): void {
    if (byte !== expected) throw this.#refuse(why);
  }

  #refuse(why: string): SandgateError {
    return new SandgateError(this.#error, `Its chunked body holds ${why}.`);
  }
}

/** Without blanks at its end; `trim` would take more, which are bytes of other characters here. */
function withoutBlanks(value: string): string {
  let end = value.length;
  while (end > 0 && (value[end - 1] === " " || value[end - 1] === "\t")) end--;
  return value.slice(0, end);
}
