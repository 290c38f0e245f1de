export interface Cleanup {
  /** Adds a step; the one added last runs first. After the end it runs at once: what was started too late does not stay. */
  add(step: () => Promise<void> | void): void;
  /** Runs every step, also after one has failed, and then throws the first failure. */
  run(): Promise<void>;
}

/** Undoes what was started, in the reverse order. */
export function createCleanup(): Cleanup {
  const steps: (() => Promise<void> | void)[] = [];
  let ended = false;
  return {
    add(step) {
      if (ended) void Promise.resolve().then(step);
      else steps.push(step);
    },
    async run() {
      const failures: unknown[] = [];
      for (let step = steps.pop(); step !== undefined; step = steps.pop()) {
        try {
          await step();
        } catch (error) {
          failures.push(error);
        }
      }
      ended = true;
      if (failures.length > 0) throw failures[0];
    },
  };
}
