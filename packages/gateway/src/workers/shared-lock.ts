/** A lock in memory that threads share; futex-like, so that waiting takes no processor. */

const FREE = 0;
/** Held, and nobody waits for it. */
const HELD = 1;
/** Held, and somebody may wait for it. */
const AWAITED = 2;
/** The holder needs less time than putting a thread to sleep takes, unless it was itself put aside. */
const SPINS = 64;

/** Takes the lock at that place; the thread waits while another has it. */
export function lock(words: Int32Array, at: number): void {
  for (let spin = 0; spin < SPINS; spin++)
    if (Atomics.compareExchange(words, at, FREE, HELD) === FREE) return;
  while (Atomics.exchange(words, at, AWAITED) !== FREE) Atomics.wait(words, at, AWAITED);
}

/** Gives it back. Only by the thread that holds it, or for one that is no more. */
export function unlock(words: Int32Array, at: number): void {
  if (Atomics.exchange(words, at, FREE) === AWAITED) Atomics.notify(words, at, 1);
}
