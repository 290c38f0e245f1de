import { randomInt } from "node:crypto";
import { lock, unlock } from "./shared-lock.ts";

/**
 * Counts by key, one sum for all threads of the gateway: requests of a sandbox, connections of an address. What a thread
 * enters it leaves itself, and what a thread that died had entered is taken back.
 *
 * To add a limit that holds for the whole gateway: give it a line in `workers/shared-limits.ts`, and take the counters from
 * `ServingOptions.shared`. Where that is absent there is one thread: count in a `Map`, which is faster and needs no memory.
 *
 * ```ts
 * if (!counters.enter(address, most)) refuse();
 * …
 * counters.leave(address); // exactly once for each that entered
 * ```
 */
export interface SharedCounters {
  /** Counts one more for the key, unless the sum of all threads has reached `most`; false then. */
  enter(key: string, most: number): boolean;
  /** One less. Exactly once for each that entered, by the thread that entered it. */
  leave(key: string): void;
  /** The sum of all threads. */
  count(key: string): number;
  /** Takes back what a thread has entered that is no more. By the main thread. */
  forget(worker: number): void;
}

/** What threads hand one another to have the same counters. */
export interface CounterMemory {
  readonly words: SharedArrayBuffer;
  /** How many threads count in it. */
  readonly workers: number;
  /** Chosen for each start, so that nobody can look for keys that meet. */
  readonly seed: number;
}

/** Locks, each for the part of the table that comes after all of them. A power of two. */
const STRIPES = 64;
/** Places of one part. A power of two. */
const PLACES = 4_096;
/** How far from where it belongs a key may stand. */
const WINDOW = 64;
/** Words before the counts of a place: the key's hash. */
const HASH_WORDS = 2;

/** Memory for counters: room for a hundred thousand keys in use at once. What is not touched takes none. */
export function createCounterMemory(workers: number): CounterMemory {
  const words = STRIPES + STRIPES * PLACES * (HASH_WORDS + workers);
  const bytes = words * Int32Array.BYTES_PER_ELEMENT;
  return { words: new SharedArrayBuffer(bytes), workers, seed: randomInt(2 ** 32) };
}

/**
 * The table is open: a key stands at or after the place that its hash says, in any place that nobody counts in. So nothing is
 * ever deleted or moved, and a thread that ends in the middle leaves nothing behind but its counts. A key is its 64-bit hash.
 * Where a window is full, which takes far more keys in use than there are connections, more keys go uncounted.
 *
 * @param worker - Which of the threads this is, from 0.
 */
export function openSharedCounters(memory: CounterMemory, worker: number): SharedCounters {
  const { workers, seed } = memory;
  const words = new Int32Array(memory.words);
  const size = HASH_WORDS + workers;
  const own = HASH_WORDS + worker;
  /** Of the key that was hashed last. */
  let high = 0;
  let low = 0;

  function hash(key: string): void {
    let a = seed | 0;
    let b = ~seed;
    for (let at = 0; at < key.length; at++) {
      const code = key.charCodeAt(at);
      a = Math.imul(a ^ code, 0x85eb_ca6b);
      a ^= a >>> 15;
      b = Math.imul(b ^ code, 0xc2b2_ae35);
      b ^= b >>> 13;
    }
    high = Math.imul(a ^ (a >>> 16), 0x2c1b_3c6d) ^ (b >>> 11);
    low = Math.imul(b ^ (b >>> 16), 0x297a_2d39) ^ (a >>> 11);
  }

  /** Where the nth place of that key's window begins. */
  function place(n: number): number {
    const stripe = high & (STRIPES - 1);
    const at = (low + n) & (PLACES - 1);
    return STRIPES + (stripe * PLACES + at) * size;
  }

  function isHere(at: number): boolean {
    return words[at] === high && words[at + 1] === low;
  }

  function sum(at: number): number {
    let total = 0;
    for (let one = at + HASH_WORDS; one < at + size; one++) total += Atomics.load(words, one);
    return total;
  }

  /** The place of the key that was hashed, else -1; and the first that is free, else -1. Under the lock. */
  let free = -1;
  function find(): number {
    free = -1;
    for (let n = 0; n < WINDOW; n++) {
      const at = place(n);
      if (isHere(at)) return at;
      if (free === -1 && sum(at) === 0) free = at;
    }
    return -1;
  }

  return {
    enter(key, most) {
      hash(key);
      const stripe = high & (STRIPES - 1);
      lock(words, stripe);
      let at = find();
      const full = at !== -1 && sum(at) >= most;
      if (at === -1 && free !== -1) {
        at = free;
        words[at] = high;
        words[at + 1] = low;
      }
      if (!full && at !== -1) Atomics.add(words, at + own, 1);
      unlock(words, stripe);
      return !full;
    },
    leave(key) {
      hash(key);
      for (let n = 0; n < WINDOW; n++) {
        const at = place(n);
        // Nobody takes a place that this thread still counts in: no lock is needed.
        if (!isHere(at) || Atomics.load(words, at + own) === 0) continue;
        Atomics.sub(words, at + own, 1);
        return;
      }
    },
    count(key) {
      hash(key);
      const stripe = high & (STRIPES - 1);
      lock(words, stripe);
      const at = find();
      const total = at === -1 ? 0 : sum(at);
      unlock(words, stripe);
      return total;
    },
    forget(dead) {
      for (let at = STRIPES + HASH_WORDS + dead; at < words.length; at += size)
        if (words[at] !== 0) Atomics.store(words, at, 0);
    },
  };
}
