/** Which bytes may stand where, as tables: a look-up per byte is what a scanner can afford. */

const DIGITS_AND_LETTERS = "0123456789abcdefghijklmnopqrstuvwxyz";
const TOKEN_MARKS = "!#$%&'*+-.^_`|~";

/** Lower-case form of each byte that may stand in a token (RFC 9110, section 5.6.2), 0 for every other byte. */
export const TOKEN: Uint8Array = new Uint8Array(256);
for (const character of DIGITS_AND_LETTERS + TOKEN_MARKS)
  TOKEN[character.charCodeAt(0)] = character.charCodeAt(0);
for (const letter of "ABCDEFGHIJKLMNOPQRSTUVWXYZ")
  TOKEN[letter.charCodeAt(0)] = letter.toLowerCase().charCodeAt(0);

/** 1 for each byte of a field's value: visible ones, space, tab and bytes above ASCII (RFC 9110, section 5.5). */
export const FIELD_VALUE: Uint8Array = new Uint8Array(256).map((_, byte) =>
  byte === 0x09 || (byte >= 0x20 && byte !== 0x7f) ? 1 : 0,
);

/**
 * 1 for each byte of a request target: visible ASCII. A fragment is no part of a target, and a backslash is read as a slash by
 * some and not by others.
 */
export const TARGET: Uint8Array = new Uint8Array(256).map((_, byte) =>
  byte > 0x20 && byte < 0x7f && byte !== 0x23 && byte !== 0x5c ? 1 : 0,
);

/** Value of each hexadecimal digit, 255 for every other byte. */
export const HEX: Uint8Array = new Uint8Array(256).fill(255);
for (let value = 0; value < 16; value++) {
  const digit = value.toString(16);
  HEX[digit.charCodeAt(0)] = value;
  HEX[digit.toUpperCase().charCodeAt(0)] = value;
}

export const CR = 0x0d;
export const LF = 0x0a;
export const SPACE = 0x20;
export const TAB = 0x09;
export const COLON = 0x3a;
export const UNDERSCORE = 0x5f;
export const SEMICOLON = 0x3b;
export const EQUALS = 0x3d;
export const QUOTE = 0x22;
export const BACKSLASH = 0x5c;
