import type { Candidate } from "./candidates/candidate.ts";
import type { Load, Meter } from "./load/load.ts";

/** One candidate at one work for a while. */
export interface Measured {
  readonly perSecond: number;
  /** Microseconds of the proxy's core for each unit, its own code and the kernel's. */
  readonly userMicros: number;
  readonly systemMicros: number;
  /** Share of its core that the proxy used; what is far below 1 was held up by the load. */
  readonly busy: number;
  readonly latency: Load["latency"];
}

/** Reads what the proxy used while the load counts. */
export async function measure(candidate: Candidate, run: (meter: Meter) => Promise<Load>): Promise<Measured> {
  const read = (): { atMs: number; user: number; system: number } => ({
    atMs: performance.now(),
    ...candidate.cpu(),
  });
  let before = read();
  let after = before;
  const { count, seconds, latency } = await run({
    begin() {
      before = read();
    },
    end() {
      after = read();
    },
  });
  const [user, system] = [after.user - before.user, after.system - before.system];
  return {
    perSecond: count / seconds,
    userMicros: (user / count) * 1e6,
    systemMicros: (system / count) * 1e6,
    busy: ((user + system) * 1000) / (after.atMs - before.atMs),
    latency,
  };
}
