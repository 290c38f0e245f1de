/** More digits than any body has, and few enough for an exact number. */
const MAX_DIGITS = 15;

/**
 * Reads a Content-Length: digits, nothing else, and no zero before others, which C and its like read as the mark of an octal
 * number.
 *
 * @returns -1 where it is anything else, a list or a sign among them.
 */
export function parseContentLength(bytes: Buffer, start: number, end: number): number {
  if (end === start || end - start > MAX_DIGITS) return -1;
  if (bytes[start] === 0x30 && end - start > 1) return -1;
  let length = 0;
  for (let at = start; at < end; at++) {
    const digit = bytes[at]! - 0x30;
    if (digit < 0 || digit > 9) return -1;
    length = length * 10 + digit;
  }
  return length;
}
