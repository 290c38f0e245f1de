/** Enters and leaves one key as often as it is told, at the same time as others, and notes how many were in at once. */
import { workerData } from "node:worker_threads";
import { openSharedCounters, type CounterMemory } from "../../src/workers/shared-counters.ts";

const { memory, worker, seen, most, times } = workerData as {
  memory: CounterMemory;
  worker: number;
  /** How many are in now, the most that ever were, and how many have begun. */
  seen: SharedArrayBuffer;
  most: number;
  times: number;
};
/** Turns that one stays in. */
const STAY = 50;
const counters = openSharedCounters(memory, worker);
const words = new Int32Array(seen);
Atomics.add(words, 2, 1);
while (Atomics.load(words, 2) < memory.workers);
for (let entered = 0; entered < times;) {
  if (!counters.enter("key", most)) continue;
  entered++;
  const inside = Atomics.add(words, 0, 1) + 1;
  let before = Atomics.load(words, 1);
  while (inside > before && Atomics.compareExchange(words, 1, before, inside) !== before)
    before = Atomics.load(words, 1);
  for (let stay = 0; stay < STAY; stay++) Atomics.load(words, 0);
  Atomics.sub(words, 0, 1);
  counters.leave("key");
}
