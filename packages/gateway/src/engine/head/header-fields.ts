import { SandgateError, type ErrorCode } from "@sandgate/contract";
import { COLON, CR, FIELD_VALUE, LF, SPACE, TAB, TOKEN, UNDERSCORE } from "./byte-classes.ts";
import {
  HEADER_ID,
  headerIdOf,
  hashStep,
  isLookalike,
  KNOWN_HEADERS,
  type KnownHeader,
} from "./known-headers.ts";

/** The field section is not all there. */
export const INCOMPLETE = -1;

const ID = 0;
const NAME_START = 1;
const NAME_END = 2;
const VALUE_START = 3;
const VALUE_END = 4;
/** One past the line's LF. */
const LINE_END = 5;
const STRIDE = 6;

/**
 * The fields of one head: where each stands in the bytes. Nothing is made of them before somebody asks, and what is passed on
 * is copied in runs of lines as they came. That is safe because every line was found to be nothing but
 * `token ":" OWS value OWS CR LF` with the bytes that RFC 9110 allows.
 */
export class HeaderFields {
  #bytes: Buffer = Buffer.alloc(0);
  #count = 0;
  readonly #limit: number;
  readonly #error: ErrorCode;
  readonly #places: Int32Array;
  /** Index of the first field of each known header, -1 without one. */
  readonly #first = new Int16Array(KNOWN_HEADERS.length + 1).fill(-1);
  /** How often each known header is there. */
  readonly #times = new Uint8Array(KNOWN_HEADERS.length + 1);

  /**
   * @param limit - How many fields are taken.
   * @param error - Code of the error for a malformed section.
   */
  constructor(limit: number, error: ErrorCode) {
    this.#limit = limit;
    this.#error = error;
    this.#places = new Int32Array(limit * STRIDE);
  }

  get count(): number {
    return this.#count;
  }

  /**
   * Reads lines up to and with the empty one.
   *
   * @returns Where the section ends, one past its last LF, or INCOMPLETE.
   * @throws SandgateError at the first byte that cannot belong to a valid section.
   */
  scan(bytes: Buffer, from: number, end: number): number {
    const places = this.#places;
    this.#bytes = bytes;
    this.#count = 0;
    this.#first.fill(-1);
    this.#times.fill(0);
    let at = from;
    for (;;) {
      if (at >= end) return INCOMPLETE;
      const nameStart = at;
      let byte = bytes[at]!;
      if (byte === CR) {
        if (at + 1 >= end) return INCOMPLETE;
        if (bytes[at + 1] !== LF) throw this.#refuse("a CR without LF");
        return at + 2;
      }
      let hash = 0;
      let underscored = false;
      let lower = TOKEN[byte]!;
      while (lower !== 0) {
        hash = hashStep(hash, lower);
        if (lower === UNDERSCORE) underscored = true;
        if (++at >= end) return INCOMPLETE;
        byte = bytes[at]!;
        lower = TOKEN[byte]!;
      }
      const nameEnd = at;
      if (byte !== COLON || nameEnd === nameStart) throw this.#refuse(whyNoName(byte, nameEnd === nameStart));
      do {
        if (++at >= end) return INCOMPLETE;
        byte = bytes[at]!;
      } while (byte === SPACE || byte === TAB);
      const valueStart = at;
      while (FIELD_VALUE[byte] === 1) {
        if (++at >= end) return INCOMPLETE;
        byte = bytes[at]!;
      }
      let valueEnd = at;
      if (byte !== CR) throw this.#refuse(byte === LF ? "a bare LF" : "a control byte in a header's value");
      if (at + 1 >= end) return INCOMPLETE;
      if (bytes[at + 1] !== LF) throw this.#refuse("a CR without LF");
      at += 2;
      while (valueEnd > valueStart && (bytes[valueEnd - 1] === SPACE || bytes[valueEnd - 1] === TAB))
        valueEnd--;
      if (this.#count === this.#limit) throw this.#tooMany();
      const id = headerIdOf(bytes, nameStart, nameEnd, hash);
      if (underscored && this.#strict && isLookalike(bytes, nameStart, nameEnd))
        throw this.#refuse("a header that some programs read as another");
      const place = this.#count * STRIDE;
      places[place + ID] = id;
      places[place + NAME_START] = nameStart;
      places[place + NAME_END] = nameEnd;
      places[place + VALUE_START] = valueStart;
      places[place + VALUE_END] = valueEnd;
      places[place + LINE_END] = at;
      if (this.#first[id] === -1) this.#first[id] = this.#count;
      if (this.#times[id]! < 255) this.#times[id]!++;
      this.#count++;
    }
  }

  /** Makes the fields outlive the bytes that they were scanned from. What is read into is much larger than they are. */
  keepBytes(): void {
    const end = this.#count === 0 ? 0 : this.#places[(this.#count - 1) * STRIDE + LINE_END]!;
    this.#bytes = Buffer.copyBytesFrom(this.#bytes, 0, end);
  }

  /** How often a header is there, up to 255. */
  times(name: KnownHeader): number {
    return this.#times[HEADER_ID[name]]!;
  }

  /** Value of the first field of that name, undefined without one. */
  value(name: KnownHeader): string | undefined {
    const index = this.#first[HEADER_ID[name]]!;
    return index === -1 ? undefined : this.valueAt(index);
  }

  /** Whether the first field of that name has exactly that value, found without making a string of it. */
  valueIs(name: KnownHeader, text: string): boolean {
    const index = this.#first[HEADER_ID[name]]!;
    if (index === -1) return false;
    const place = index * STRIDE;
    const start = this.#places[place + VALUE_START]!;
    if (this.#places[place + VALUE_END]! - start !== text.length) return false;
    for (let at = 0; at < text.length; at++) {
      if (this.#bytes[start + at] !== text.charCodeAt(at)) return false;
    }
    return true;
  }

  /** All values of that name in their order, as one list (RFC 9110, section 5.3); undefined without one. */
  joined(name: KnownHeader): string | undefined {
    const id = HEADER_ID[name];
    const first = this.#first[id]!;
    if (first === -1) return undefined;
    return this.#times[id] === 1 ? this.valueAt(first) : this.values(name).join(", ");
  }

  /** All values of that name in their order. */
  values(name: KnownHeader): string[] {
    const id = HEADER_ID[name];
    const values: string[] = [];
    for (let index = 0; this.#times[id]! > 0 && index < this.#count; index++) {
      if (this.idAt(index) === id) values.push(this.valueAt(index));
    }
    return values;
  }

  /** Number of the known header at an index, 0 for every other. */
  idAt(index: number): number {
    return this.#places[index * STRIDE + ID]!;
  }

  /** Name of a field, lower case. */
  nameAt(index: number): string {
    const place = index * STRIDE;
    return this.#bytes
      .toString("latin1", this.#places[place + NAME_START], this.#places[place + NAME_END])
      .toLowerCase();
  }

  valueAt(index: number): string {
    const place = index * STRIDE;
    return this.#bytes.toString("latin1", this.#places[place + VALUE_START], this.#places[place + VALUE_END]);
  }

  /** Where a field's value stands, for whoever reads its bytes. */
  valuePlace(name: KnownHeader): { bytes: Buffer; start: number; end: number } | undefined {
    const index = this.#first[HEADER_ID[name]]!;
    if (index === -1) return undefined;
    const place = index * STRIDE;
    return {
      bytes: this.#bytes,
      start: this.#places[place + VALUE_START]!,
      end: this.#places[place + VALUE_END]!,
    };
  }

  /**
   * The lines as they came, without those that are cut.
   *
   * @param cut - 1 by number of each known header to leave out.
   * @param named - Lower-case names of others to leave out; null for none, which is the usual.
   */
  linesWithout(cut: Uint8Array, named: ReadonlySet<string> | null): string {
    const places = this.#places;
    let text = "";
    let runStart = -1;
    for (let index = 0; index < this.#count; index++) {
      const place = index * STRIDE;
      const isCut = cut[places[place + ID]!] === 1 || (named !== null && named.has(this.nameAt(index)));
      if (!isCut) {
        if (runStart === -1) runStart = places[place + NAME_START]!;
      } else if (runStart !== -1) {
        text += this.#bytes.toString("latin1", runStart, places[place + NAME_START]);
        runStart = -1;
      }
    }
    if (runStart === -1) return text;
    const rest = this.#bytes.toString("latin1", runStart, places[(this.#count - 1) * STRIDE + LINE_END]);
    return text === "" ? rest : text + rest;
  }

  get #strict(): boolean {
    return this.#error === "REQUEST_MALFORMED";
  }

  #refuse(why: string): SandgateError {
    return new SandgateError(this.#error, `Its head holds ${why}.`);
  }

  #tooMany(): SandgateError {
    const code = this.#error === "REQUEST_MALFORMED" ? "REQUEST_HEAD_TOO_LARGE" : this.#error;
    return new SandgateError(code, `It has more than ${this.#limit} headers.`);
  }
}

function whyNoName(byte: number, empty: boolean): string {
  if (empty && (byte === SPACE || byte === TAB)) return "a folded header line";
  if (empty && byte === COLON) return "a header without a name";
  if (byte === SPACE || byte === TAB) return "a space before a colon";
  if (byte === LF) return "a bare LF";
  if (byte === CR) return "a header without a colon";
  return "a forbidden byte in a header's name";
}
