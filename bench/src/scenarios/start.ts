import { startSandgateUp } from "../../../test/support/sandgate-up.ts";
import { summarize, type Figures } from "../figures.ts";
import { answered } from "../answered.ts";

const ROUNDS = 5;

/** From the start of the process (dependencies installed, empty data folder) to the demo sandbox's first answer. */
export async function start(): Promise<Figures> {
  const times: number[] = [];
  for (let round = 0; round < ROUNDS; round++) {
    const began = performance.now();
    await using up = await startSandgateUp({ npmStart: true });
    await answered(`${up.url}/alice/my-sandbox/`);
    times.push(performance.now() - began);
  }
  const { p50, min, max } = summarize(times);
  return { rounds: ROUNDS, min_ms: min, p50_ms: p50, max_ms: max };
}
