/** Bytes that one read takes at most: an answer of 64 KiB with its head is read at once, and written at once. */
export const BUFFER_BYTES = 128 * 1024;
/** Buffers kept for later: 16 MiB. */
const MAX_FREE = 128;

const free: Buffer[] = [];

/** A buffer that nobody else uses, of BUFFER_BYTES; what is in it is left from before. */
export function takeBuffer(): Buffer {
  return free.pop() ?? Buffer.allocUnsafeSlow(BUFFER_BYTES);
}

/** Gives it back. Nobody may hold on to it, the kernel included. */
export function giveBuffer(buffer: Buffer): void {
  if (free.length < MAX_FREE) free.push(buffer);
}

/**
 * What connections read into that have little to read: all of them, since what one has read is dealt with before the next
 * reads.
 */
export const SHARED_BUFFER: Buffer = Buffer.allocUnsafeSlow(BUFFER_BYTES);
