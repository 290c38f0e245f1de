/** Work after which there is a pause, in milliseconds, and how much longer than the work the pause is. */
const WORK_MS = 2;
const REST = 4;

/**
 * Shares out the time that the node spends on what containers print: a fifth of it at most, by turns, however many never stop
 * talking. Who waits for a turn keeps its container waiting, by the pipe.
 */
export class LogPace {
  #last: Promise<void> = Promise.resolve();
  #workedMs = 0;

  /** Does the work when its turn has come. */
  async run(work: () => void): Promise<void> {
    const before = this.#last;
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#last = promise;
    await before;
    const began = performance.now();
    try {
      work();
    } finally {
      this.#workedMs += performance.now() - began;
      if (this.#workedMs < WORK_MS) resolve();
      else {
        setTimeout(resolve, this.#workedMs * REST);
        this.#workedMs = 0;
      }
    }
  }
}
