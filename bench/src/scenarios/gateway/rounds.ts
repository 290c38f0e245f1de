import type { Candidate } from "./candidates/candidate.ts";
import { measure, type Measured } from "./measure.ts";
import { Forecast, isLeftOut, LEAST_ROUNDS } from "./forecast.ts";
import type { Work } from "./works/work.ts";

/** One work and who does it; the first is what the others are compared with. */
export interface Contest {
  readonly work: Work;
  readonly candidates: readonly Candidate[];
  /** Has the first three rounds alone: what is said by it differs less from round to round, or takes long. */
  readonly seldom?: boolean;
}

/** What was seen in one round, null where it failed. */
export type Row = readonly (Measured | null)[];

/** Rounds of one contest; columns are its candidates. */
export interface ContestResult extends Contest {
  readonly rounds: readonly Row[];
}

export interface RoundsSetup {
  /** At most as many. */
  readonly rounds: number;
  readonly seconds: number;
  /** Of a large body. */
  readonly bytes: number;
  /** When to be done, of the process's own age: from the fourth on, a round that would take longer is left out. */
  readonly untilSeconds: number;
}

/** Share of the requests that has to be answered in the time. */
const KEEPS_UP = 0.9;
const WARM_UP = { seconds: 1, bytes: 2 ** 28, halfRate: 2_000 };

/**
 * Every round does every work with all its candidates in turn, each time another one first: a machine that becomes slower
 * meanwhile is slower for all.
 */
export async function runRounds(contests: readonly Contest[], setup: RoundsSetup): Promise<ContestResult[]> {
  const forecast = new Forecast(contests, setup);
  process.stderr.write(`bench: once all is warm, ${forecast.left(0, 0)}\n`);
  for (const { work, candidates } of contests) {
    process.stderr.write(`bench: warming up: ${work.title}\n`);
    for (const candidate of candidates.filter(({ warmsUp }) => warmsUp))
      await attempt(candidate, work, WARM_UP);
  }
  const results = contests.map((contest) => ({ ...contest, rounds: [] as Row[] }));
  for (let round = 0; round < setup.rounds; round++) {
    if (round >= LEAST_ROUNDS && forecast.ageSeconds() + forecast.ofRound(round) > setup.untilSeconds) {
      process.stderr.write(`bench: round ${round + 1} is left out: there is no time for it\n`);
      break;
    }
    let halfRate = Number.NaN;
    for (const [index, { work, candidates, rounds, seldom }] of results.entries()) {
      if (isLeftOut(round, seldom)) continue;
      const left = forecast.left(round, index);
      process.stderr.write(`bench: round ${round + 1} of ${setup.rounds}: ${work.title} (${left})\n`);
      const began = forecast.ageSeconds();
      const row: (Measured | null)[] = candidates.map(() => null);
      for (let turn = 0; turn < candidates.length; turn++) {
        const column = (round + turn) % candidates.length;
        const candidate = candidates[column];
        if (candidate !== undefined) row[column] = await attempt(candidate, work, { ...setup, halfRate });
      }
      rounds.push(row);
      forecast.took(index, forecast.ageSeconds() - began);
      if (work.name === "get") halfRate = Math.round((row[0]?.perSecond ?? Number.NaN) / 2);
    }
  }
  return results;
}

/** A candidate that fails at a work is shown so, and the others go on. */
async function attempt(
  candidate: Candidate,
  work: Work,
  setup: Parameters<Work["run"]>[1],
): Promise<Measured | null> {
  try {
    candidate.emptyErrors();
    const measured = await measure(candidate, (meter) => work.run(candidate, setup, meter));
    // At a fixed rate, whoever does not keep up has no latency but a queue.
    return work.comparedBy === "latency" && measured.perSecond < setup.halfRate * KEEPS_UP ? null : measured;
  } catch (error) {
    process.stderr.write(`bench: ${candidate.title}: ${work.title}: ${(error as Error).message}\n`);
    return null;
  }
}
