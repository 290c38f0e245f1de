/** One timer for the phases of a request: connecting, waiting, a body that pauses. */
export class Stopwatch {
  #timer: NodeJS.Timeout | null = null;

  /** Ends the phase before and begins one that may take this long. */
  start(timeoutMs: number, onTimeout: () => void): void {
    this.stop();
    this.#timer = setTimeout(onTimeout, timeoutMs);
  }

  /** Begins the same phase anew: something has moved. */
  refresh(): void {
    this.#timer?.refresh();
  }

  stop(): void {
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#timer = null;
  }
}
