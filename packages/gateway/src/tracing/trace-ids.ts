import { randomFillSync } from "node:crypto";

/** Random bytes are asked for in large pieces: one call for each id would cost more than all else about it. */
const POOL = Buffer.alloc(8 * 1024);
let at = POOL.length;

/** A new trace's id: 32 lower-case hexadecimal digits. */
export function newTraceId(): string {
  return randomHex(16);
}

/** A new span's id: 16 lower-case hexadecimal digits. */
export function newSpanId(): string {
  return randomHex(8);
}

function randomHex(bytes: number): string {
  for (;;) {
    if (at + bytes > POOL.length) {
      randomFillSync(POOL);
      at = 0;
    }
    const text = POOL.toString("hex", at, (at += bytes));
    // All zeros say that there is none.
    if (/[^0]/.test(text)) return text;
  }
}
