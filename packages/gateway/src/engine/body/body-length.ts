/** How a body's end is told: a number of bytes from 0, or one of these. */
export const CHUNKED = -1;
/** By the end of the connection; only answers can. */
export const UNTIL_CLOSE = -2;

/** Bytes of the body, CHUNKED or UNTIL_CLOSE. */
export type BodyLength = number;
