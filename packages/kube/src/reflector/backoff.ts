export interface Backoff {
  /** Milliseconds to wait before the next try: doubling up to the limit, less a random part of up to a half. */
  next(): number;
  reset(): void;
}

export function createBackoff(options: { firstMs: number; limitMs: number; random?: () => number }): Backoff {
  const random = options.random ?? Math.random;
  let currentMs = options.firstMs;
  return {
    next() {
      const delayMs = currentMs * (1 - random() / 2);
      currentMs = Math.min(currentMs * 2, options.limitMs);
      return delayMs;
    },
    reset() {
      currentMs = options.firstMs;
    },
  };
}
