/**
 * The time by which something must have happened, moved as often as one likes: a request moves it three times, and that must
 * cost no timer. One timer is armed for the earliest time there was; when it fires too early, it is armed again.
 */
export class Deadline {
  readonly #onDue: () => void;
  #timer: NodeJS.Timeout | null = null;
  #dueMs = Infinity;
  #armedMs = Infinity;

  constructor(onDue: () => void) {
    this.#onDue = onDue;
  }

  /** Due that many milliseconds from now, whatever was set before. */
  set(timeoutMs: number): void {
    this.#dueMs = performance.now() + timeoutMs;
    if (this.#dueMs < this.#armedMs) this.#arm(timeoutMs);
  }

  /** Never due, until it is set again. */
  clear(): void {
    this.#dueMs = Infinity;
  }

  /** Leaves nothing behind. */
  end(): void {
    this.#dueMs = Infinity;
    this.#armedMs = Infinity;
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#timer = null;
  }

  #arm(timeoutMs: number): void {
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#armedMs = performance.now() + timeoutMs;
    this.#timer = setTimeout(this.#fire, timeoutMs);
    // What is waited for holds the process: the sockets do.
    this.#timer.unref();
  }

  readonly #fire = (): void => {
    this.#timer = null;
    this.#armedMs = Infinity;
    if (this.#dueMs === Infinity) return;
    const leftMs = this.#dueMs - performance.now();
    if (leftMs > 0) {
      // A timer may fire a fraction of a millisecond early.
      this.#arm(Math.max(1, leftMs));
      return;
    }
    this.#dueMs = Infinity;
    this.#onDue();
  };
}
