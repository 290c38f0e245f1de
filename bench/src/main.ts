/**
 * `npm run bench [-- NAME …]`: runs scenarios one after another and prints a RESULT line for each. Of `gateway` there is a short
 * form (`--quick`), and `--write` puts its tables into the documentation.
 */
import { cpus, totalmem } from "node:os";
import { parseArgs } from "node:util";
import { buildRuntime } from "@sandgate/runtime/build";
import { printResult, type Figures } from "./figures.ts";
import { create } from "./scenarios/create.ts";
import { gateway } from "./scenarios/gateway/gateway.ts";
import { memory } from "./scenarios/memory.ts";
import { start } from "./scenarios/start.ts";
import { tenThousand } from "./scenarios/ten-thousand.ts";
import { watch } from "./scenarios/watch.ts";
import { warmClaim } from "./scenarios/warm-claim.ts";

const { positionals: names, values: flags } = parseArgs({
  allowPositionals: true,
  options: { quick: { type: "boolean", default: false }, write: { type: "boolean", default: false } },
});

const SCENARIOS: Readonly<Record<string, () => Promise<Figures | void>>> = {
  start,
  create,
  "warm-claim": warmClaim,
  "ten-thousand": tenThousand,
  memory,
  watch,
  gateway: () => gateway(flags),
};

if ((flags.quick || flags.write) && names.join() !== "gateway") {
  process.stderr.write("--quick and --write belong to the scenario gateway alone\n");
  process.exit(2);
}
if (flags.quick && flags.write) {
  process.stderr.write("The short form measures too little to be written into the documentation\n");
  process.exit(2);
}
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
  const figures = await scenario();
  // One that prints its own has other units.
  if (figures !== undefined) printResult(name, figures);
}
