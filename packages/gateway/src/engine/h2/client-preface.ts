/** What an HTTP/2 connection begins with (RFC 9113, section 3.4): to an HTTP/1.x server a request that nobody would send. */
const PREFACE = Buffer.from("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", "latin1");

/** Whether these bytes are the preface, its begin, or neither. */
export function readPreface(bytes: Buffer, start: number, end: number): "whole" | "begin" | "none" {
  const length = Math.min(end - start, PREFACE.length);
  if (bytes.compare(PREFACE, 0, length, start, start + length) !== 0) return "none";
  return length === PREFACE.length ? "whole" : "begin";
}
