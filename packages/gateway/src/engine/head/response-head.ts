import { SandgateError } from "@sandgate/contract";
import { CHUNKED, UNTIL_CLOSE, type BodyLength } from "../body/body-length.ts";
import { CR, FIELD_VALUE, LF, SPACE } from "./byte-classes.ts";
import { connectionOptions, type ConnectionOptions } from "./connection-options.ts";
import { parseContentLength } from "./content-length.ts";
import { HeaderFields, INCOMPLETE } from "./header-fields.ts";

/** Fields of one answer; applications with many cookies have the most. */
export const MAX_RESPONSE_FIELDS = 256;

/** The head of an answer, scanned with the same rules as a request's. */
export class ResponseHead {
  status = 0;
  /** May be empty. */
  reason = "";
  minor: 0 | 1 = 1;
  connection!: ConnectionOptions;
  readonly fields: HeaderFields;

  constructor(limit: number = MAX_RESPONSE_FIELDS) {
    this.fields = new HeaderFields(limit, "BROKEN");
  }

  /**
   * Reads a whole head. Nothing is kept of one that is incomplete.
   *
   * @returns Where the body begins, or INCOMPLETE.
   * @throws SandgateError BROKEN.
   */
  scan(bytes: Buffer, start: number, end: number): number {
    const fieldsStart = this.#scanLine(bytes, start, end);
    if (fieldsStart === INCOMPLETE) return INCOMPLETE;
    const bodyStart = this.fields.scan(bytes, fieldsStart, end);
    if (bodyStart === INCOMPLETE) return INCOMPLETE;
    this.connection = connectionOptions(this.fields);
    return bodyStart;
  }

  /** The sandbox keeps the connection for another request. */
  get keepsAlive(): boolean {
    return !this.connection.close && (this.minor === 1 || this.connection.keepAlive);
  }

  /**
   * How the body's end is told.
   *
   * @param method - Of the request: an answer to HEAD has no body, whatever it says.
   * @throws SandgateError BROKEN where it is told twice or in no valid way.
   */
  bodyLength(method: string): BodyLength {
    const { fields, status } = this;
    const encoded = fields.times("transfer-encoding");
    const lengths = fields.times("content-length");
    let length: BodyLength = UNTIL_CLOSE;
    if (encoded > 0) {
      if (lengths > 0) throw broken("both Content-Length and Transfer-Encoding");
      if (this.minor === 0) throw broken("Transfer-Encoding in HTTP/1.0");
      if (encoded > 1 || fields.value("transfer-encoding")?.toLowerCase() !== "chunked")
        throw broken("a Transfer-Encoding that is not chunked, once");
      length = CHUNKED;
    } else if (lengths > 0) {
      const place = fields.valuePlace("content-length");
      length =
        lengths > 1 || place === undefined ? -1 : parseContentLength(place.bytes, place.start, place.end);
      if (length === -1) throw broken("a Content-Length that is no number, or more than one");
    }
    return method === "HEAD" || status < 200 || status === 204 || status === 304 ? 0 : length;
  }

  #scanLine(bytes: Buffer, start: number, end: number): number {
    let at = start;
    for (let index = 0; index < VERSION.length; index++, at++) {
      if (at === end) return INCOMPLETE;
      if (index === MINOR_AT) {
        const minor = bytes[at]! - 0x30;
        if (minor !== 0 && minor !== 1) throw broken("a version that is neither HTTP/1.1 nor HTTP/1.0");
        this.minor = minor;
      } else if (bytes[at] !== VERSION[index]) throw broken("no HTTP/1.x at its begin");
    }
    let status = 0;
    for (let index = 0; index < STATUS_DIGITS; index++, at++) {
      if (at === end) return INCOMPLETE;
      const digit = bytes[at]! - 0x30;
      if (digit < 0 || digit > 9) throw broken("a status that is no number of three digits");
      status = status * 10 + digit;
    }
    if (status < 100 || status > 599) throw broken(`the status ${status}`);
    this.status = status;
    if (at === end) return INCOMPLETE;
    const reasonStart = bytes[at] === SPACE ? ++at : at;
    if (at < end && bytes[at] !== CR && reasonStart === at && bytes[at - 1] !== SPACE)
      throw broken("a status that is no number of three digits");
    while (at < end && FIELD_VALUE[bytes[at]!] === 1) at++;
    if (at + 1 >= end) return INCOMPLETE;
    if (bytes[at] !== CR || bytes[at + 1] !== LF) throw broken("a status line that does not end with CR LF");
    const usual = at - reasonStart === 2 && bytes[reasonStart] === 0x4f && bytes[reasonStart + 1] === 0x4b;
    this.reason = usual ? "OK" : bytes.toString("latin1", reasonStart, at);
    return at + 2;
  }
}

const VERSION = Buffer.from("HTTP/1.x ", "latin1");
const MINOR_AT = 7;
const STATUS_DIGITS = 3;

function broken(why: string): SandgateError {
  return new SandgateError("BROKEN", `The sandbox's answer holds ${why}.`);
}
