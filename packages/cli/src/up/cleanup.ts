export interface Cleanup {
  /** Adds a step; the one added last runs first. */
  add(step: () => Promise<void> | void): void;
  /** Runs every step, also after one has failed, and then throws the first failure. */
  run(): Promise<void>;
}

/** Undoes what was started, in the reverse order. */
export function createCleanup(): Cleanup {
  const steps: (() => Promise<void> | void)[] = [];
  return {
    add: (step) => void steps.push(step),
    async run() {
      const failures: unknown[] = [];
      for (let step = steps.pop(); step !== undefined; step = steps.pop()) {
        try {
          await step();
        } catch (error) {
          failures.push(error);
        }
      }
      if (failures.length > 0) throw failures[0];
    },
  };
}
