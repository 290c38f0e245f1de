/**
 * Sends the corpus to Sandgate, nginx and HAProxy, and writes what became of it into `docs/reference/hostile-requests.md`:
 * `node packages/gateway/test/hostile/comparison/main.ts`. Installs the two where the user is root on a Debian-like system.
 */
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { ensureSystemParts } from "../../../../cli/src/system-parts/ensure.ts";
import { hostilePage } from "./page.ts";
import { COMPARISON_SYSTEM_PARTS, startHaproxy, startNginx } from "./proxies.ts";
import { runAll, startSandgate } from "./run.ts";

const PAGE = join(import.meta.dirname, "../../../../../docs/reference/hostile-requests.md");
const say = (line: string): void => void process.stderr.write(`hostile messages: ${line}\n`);

const missing = ensureSystemParts(COMPARISON_SYSTEM_PARTS, say);
if (missing !== null) {
  say(missing);
  process.exit(1);
}
const seen = [];
for (const [start, foreign] of [
  [startSandgate, false],
  [startNginx, true],
  [startHaproxy, true],
] as const) {
  const verdicts = await runAll(start, foreign);
  say(`${verdicts.title}: ${verdicts.byId.size} messages`);
  seen.push(verdicts);
}
const bad = [...(seen[0]?.byId ?? [])].filter(([, verdict]) => verdict.includes("**"));
for (const [id, verdict] of bad) say(`Sandgate: ${id}: ${verdict}`);
if (bad.length > 0) process.exitCode = 1;
else {
  writeFileSync(PAGE, hostilePage(seen, new Date().toISOString().slice(0, 10)));
  say(`wrote ${PAGE}`);
}
