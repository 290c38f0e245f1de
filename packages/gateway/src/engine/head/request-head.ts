import { SandgateError } from "@sandgate/contract";
import { CHUNKED, type BodyLength } from "../body/body-length.ts";
import { CR, LF, SPACE, TARGET, TOKEN } from "./byte-classes.ts";
import { connectionOptions, type ConnectionOptions } from "./connection-options.ts";
import { parseContentLength } from "./content-length.ts";
import { HeaderFields, INCOMPLETE } from "./header-fields.ts";

/** Fields of one request; browsers send twenty. */
const MAX_FIELDS = 128;
/** What most servers behind a gateway take at the most. */
const MAX_URL_BYTES = 8 * 1024;
/** No method in any registry is longer. */
const MAX_METHOD_BYTES = 24;

/**
 * What all heads are scanned into, and how much fits: the places of a head's fields are three kilobytes, and most connections
 * are idle.
 */
export class HeadSpace {
  readonly maxUrlBytes: number;
  fields: HeaderFields;
  readonly #maxFields: number;

  /** @param maxFields - At most 255, which is how far the fields of one name are counted. */
  constructor(maxFields: number = MAX_FIELDS, maxUrlBytes: number = MAX_URL_BYTES) {
    this.#maxFields = maxFields;
    this.maxUrlBytes = maxUrlBytes;
    this.fields = this.#newFields();
  }

  /** Goes on with other fields; those there were are somebody's now. */
  giveAway(): void {
    this.fields = this.#newFields();
  }

  #newFields(): HeaderFields {
    return new HeaderFields(this.#maxFields, "REQUEST_MALFORMED");
  }
}

const USUAL_SPACE = new HeadSpace();

/**
 * The head of a request, scanned from bytes: `METHOD SP origin-form SP HTTP/1.x CRLF`, fields, CRLF. Everything else is
 * refused, not repaired: whatever stands behind the gateway must see the very request that was decided about.
 */
export class RequestHead {
  method = "";
  /** Path and query, as they came. */
  target = "";
  /** 0 for HTTP/1.0, 1 for HTTP/1.1. */
  minor: 0 | 1 = 1;
  bodyLength: BodyLength = 0;
  connection!: ConnectionOptions;
  /** Good as long as nobody scans another head, which is as long as this one is dealt with without a wait. See `keep`. */
  fields: HeaderFields;
  readonly #space: HeadSpace;

  constructor(space: HeadSpace = USUAL_SPACE) {
    this.#space = space;
    this.fields = space.fields;
  }

  /**
   * Reads a whole head. Nothing is kept of one that is incomplete: it is scanned from its begin once more of it is there.
   *
   * @returns Where the body begins, or INCOMPLETE.
   * @throws SandgateError REQUEST_MALFORMED, URL_TOO_LONG, REQUEST_HEAD_TOO_LARGE, METHOD_NOT_ALLOWED, EXPECTATION_FAILED.
   */
  scan(bytes: Buffer, start: number, end: number): number {
    this.method = "";
    this.target = "";
    this.fields = this.#space.fields;
    const fieldsStart = this.#scanLine(bytes, start, end);
    if (fieldsStart === INCOMPLETE) return INCOMPLETE;
    const bodyStart = this.fields.scan(bytes, fieldsStart, end);
    if (bodyStart === INCOMPLETE) return INCOMPLETE;
    this.connection = connectionOptions(this.fields);
    this.bodyLength = this.#framing();
    this.#checkExpectation();
    return bodyStart;
  }

  /** Makes `fields` good until the next scan of this head. */
  keep(): void {
    this.fields.keepBytes();
    if (this.fields === this.#space.fields) this.#space.giveAway();
  }

  /** The connection stays open for another request, as far as the client is concerned. */
  get keepsAlive(): boolean {
    return !this.connection.close && (this.minor === 1 || this.connection.keepAlive);
  }

  #scanLine(bytes: Buffer, start: number, end: number): number {
    let at = start;
    while (at < end && TOKEN[bytes[at]!] !== 0) at++;
    if (at - start > MAX_METHOD_BYTES) throw malformed("Its method is too long.");
    if (at === end) return INCOMPLETE;
    if (bytes[at] !== SPACE || at === start) throw malformed("Its first line holds no method and a space.");
    this.method = methodOf(bytes, start, at);
    // Their targets have other forms, so they are told before the target is looked at.
    if (this.method === "CONNECT" || this.method === "TRACE")
      throw new SandgateError("METHOD_NOT_ALLOWED", `${this.method} is not passed on.`);
    const targetStart = ++at;
    if (at === end) return INCOMPLETE;
    if (bytes[at] !== 0x2f) throw malformed("The request target is not in origin form.");
    while (at < end && TARGET[bytes[at]!] === 1) at++;
    if (at - targetStart > this.#space.maxUrlBytes)
      throw new SandgateError("URL_TOO_LONG", `Its URL is longer than ${this.#space.maxUrlBytes} bytes.`);
    if (at === end) return INCOMPLETE;
    if (bytes[at] !== SPACE)
      throw malformed("The request target holds forbidden bytes, or no version follows it.");
    const targetEnd = at++;
    const minor = versionAt(bytes, at, end);
    if (minor === INCOMPLETE) return INCOMPLETE;
    this.minor = minor;
    this.target = bytes.toString("latin1", targetStart, targetEnd);
    return at + VERSION_LINE.length;
  }

  #framing(): BodyLength {
    const { fields } = this;
    const encoded = fields.times("transfer-encoding");
    const lengths = fields.times("content-length");
    if (encoded > 0) {
      if (lengths > 0) throw malformed("It has both Content-Length and Transfer-Encoding.");
      if (this.minor === 0) throw malformed("It is HTTP/1.0 and has Transfer-Encoding.");
      if (encoded > 1 || fields.value("transfer-encoding")?.toLowerCase() !== "chunked")
        throw malformed("Its Transfer-Encoding is not chunked, once.");
      return CHUNKED;
    }
    if (lengths === 0) return 0;
    const place = fields.valuePlace("content-length");
    const length =
      lengths > 1 || place === undefined ? -1 : parseContentLength(place.bytes, place.start, place.end);
    if (length === -1) throw malformed("Its Content-Length is no number, or there is more than one.");
    return length;
  }

  #checkExpectation(): void {
    if (this.fields.times("expect") === 0) return;
    if (this.fields.joined("expect")?.toLowerCase() !== "100-continue")
      throw new SandgateError("EXPECTATION_FAILED", "It expects something else than 100-continue.");
  }
}

const VERSION_LINE = Buffer.from("HTTP/1.1\r\n", "latin1");
const MINOR_AT = 7;

/** @returns The minor version of the HTTP/1.x that ends a line there, or INCOMPLETE. */
function versionAt(bytes: Buffer, start: number, end: number): 0 | 1 | typeof INCOMPLETE {
  let minor: 0 | 1 = 1;
  for (let index = 0; index < VERSION_LINE.length; index++) {
    if (start + index === end) return INCOMPLETE;
    const byte = bytes[start + index]!;
    if (byte === VERSION_LINE[index]) continue;
    if (index === MINOR_AT && byte === 0x30) {
      minor = 0;
      continue;
    }
    const expected = VERSION_LINE[index];
    if (expected === CR || expected === LF)
      throw malformed("Its first line does not end after the version, by CR LF.");
    throw malformed("Its version is neither HTTP/1.1 nor HTTP/1.0.");
  }
  return minor;
}

/** The usual ones without making a string. */
function methodOf(bytes: Buffer, start: number, end: number): string {
  const length = end - start;
  if (length === 3 && bytes[start] === 0x47 && bytes[start + 1] === 0x45 && bytes[start + 2] === 0x54)
    return "GET";
  if (length === 4 && bytes[start] === 0x50 && bytes[start + 1] === 0x4f && bytes[start + 2] === 0x53)
    return bytes[start + 3] === 0x54 ? "POST" : bytes.toString("latin1", start, end);
  return bytes.toString("latin1", start, end);
}

function malformed(why: string): SandgateError {
  return new SandgateError("REQUEST_MALFORMED", why);
}
