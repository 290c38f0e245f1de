import type { Contest, RoundsSetup } from "./rounds.ts";

/** As many there are of everything, however slow the machine is. */
export const LEAST_ROUNDS = 3;

/** Whether a contest has had its rounds. */
export function isLeftOut(round: number, seldom: boolean | undefined): boolean {
  return seldom === true && round >= LEAST_ROUNDS;
}

/** Of a program that starts, or a body that is sent, until it is known. */
const BESIDES_SECONDS = 0.5;

/** How long it will take, from how long everything took the last time. */
export class Forecast {
  readonly #contests: readonly Contest[];
  readonly #rounds: number;
  readonly #seconds: number[];

  constructor(contests: readonly Contest[], { rounds, seconds }: RoundsSetup) {
    this.#contests = contests;
    this.#rounds = rounds;
    this.#seconds = contests.map(({ candidates }) => candidates.length * (seconds + BESIDES_SECONDS));
  }

  /** Of this process. */
  ageSeconds(): number {
    return performance.now() / 1000;
  }

  took(contest: number, seconds: number): void {
    this.#seconds[contest] = seconds;
  }

  /** In seconds. @param from - The first contest of it that counts. */
  ofRound(round: number, from = 0): number {
    return this.#contests.reduce(
      (sum, { seldom }, index) =>
        index < from || isLeftOut(round, seldom) ? sum : sum + (this.#seconds[index] ?? 0),
      0,
    );
  }

  /** For whoever waits. */
  left(round: number, contest: number): string {
    let seconds = this.ofRound(round, contest);
    for (let later = round + 1; later < this.#rounds; later++) seconds += this.ofRound(later);
    return seconds < 90 ? `about ${Math.ceil(seconds)} s left` : `about ${Math.ceil(seconds / 60)} min left`;
  }
}
