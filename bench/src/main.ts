/** `npm run bench [-- NAME …]`: runs scenarios one after another and prints a RESULT line for each. */
import { cpus, totalmem } from "node:os";
import { buildRuntime } from "@sandgate/runtime/build";
import { printResult, type Figures } from "./figures.ts";
import { create } from "./scenarios/create.ts";
import { memory } from "./scenarios/memory.ts";
import { start } from "./scenarios/start.ts";
import { tenThousand } from "./scenarios/ten-thousand.ts";
import { watch } from "./scenarios/watch.ts";
import { warmClaim } from "./scenarios/warm-claim.ts";

const SCENARIOS: Readonly<Record<string, () => Promise<Figures>>> = {
  start,
  create,
  "warm-claim": warmClaim,
  "ten-thousand": tenThousand,
  memory,
  watch,
};

const names = process.argv.slice(2);
const unknown = names.filter((name) => SCENARIOS[name] === undefined);
if (unknown.length > 0) {
  process.stderr.write(
    `No scenario ${unknown.join(", ")}. There are: ${Object.keys(SCENARIOS).join(", ")}\n`,
  );
  process.exit(2);
}
const [cpu] = cpus();
process.stdout.write(
  `machine: ${cpus().length} × ${cpu?.model ?? "unknown"}, ${Math.round(totalmem() / 2 ** 30)} GiB, Node.js ${process.versions.node}\n`,
);
await buildRuntime();
for (const [name, scenario] of Object.entries(SCENARIOS)) {
  if (names.length > 0 && !names.includes(name)) continue;
  process.stderr.write(`bench: ${name}\n`);
  printResult(name, await scenario());
}
