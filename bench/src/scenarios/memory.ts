import { setTimeout as delay } from "node:timers/promises";
import { startSandgateUp } from "../../../test/support/sandgate-up.ts";
import { answered } from "../answered.ts";
import type { Figures } from "../figures.ts";
import { residentMib } from "../resident.ts";

/** Long enough for start-up garbage to be collected; the figure is read once, after it. */
const SETTLE_MS = 15_000;

/** Resident memory of `npm start` at rest with one idle sandbox, without the sandbox's own processes. */
export async function memory(): Promise<Figures> {
  await using up = await startSandgateUp({ npmStart: true });
  await answered(`${up.url}/alice/my-sandbox/`);
  const pid = up.process.pid ?? 0;
  const atStart = residentMib(pid);
  await delay(SETTLE_MS);
  return { at_start_mib: atStart, at_rest_mib: residentMib(pid) };
}
