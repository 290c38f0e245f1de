/**
 * `npm test`: sets up what the tests need on this machine, runs the checks and every test, and ends with one line
 * `N passed, N failed, N skipped`. Arguments go to Vitest: `npm test -- --project unit`.
 */
import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { buildRuntime } from "@sandgate/runtime/build";
import { ensureSystemParts } from "../packages/cli/src/system-parts/ensure.ts";
import { SYSTEM_PARTS } from "../packages/cli/src/system-parts/parts.ts";
import { check } from "./check.ts";
import { findKubectl } from "./kubectl.ts";

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const say = (line: string): void => void process.stderr.write(`test: ${line}\n`);

interface Report {
  numPassedTests: number;
  numFailedTests: number;
  numPendingTests: number;
  numTodoTests: number;
  success: boolean;
}

const missing = ensureSystemParts(SYSTEM_PARTS, say);
if (missing !== null) {
  say(missing);
  process.exit(1);
}
const kubectl = findKubectl(say);
say(`kubectl: ${kubectl}`);
await buildRuntime();

const checked = process.argv.length > 2 || check();
const folder = mkdtempSync(join(tmpdir(), "sandgate-test-"));
const reportFile = join(folder, "report.json");
try {
  const run = spawnSync(
    join(root, "node_modules", ".bin", "vitest"),
    [
      "run",
      "--reporter=default",
      "--reporter=json",
      `--outputFile.json=${reportFile}`,
      ...process.argv.slice(2),
    ],
    { cwd: root, stdio: "inherit", env: { ...process.env, SANDGATE_TEST_KUBECTL: kubectl } },
  );
  const report = JSON.parse(readFileSync(reportFile, "utf8")) as Report;
  const skipped = report.numPendingTests + report.numTodoTests;
  if (!checked) say("the checks failed (see above the tests' output)");
  // No test may be left out unseen: one that cannot run on this machine fails with what is missing.
  if (skipped > 0) say(`${skipped} tests did not run; that counts as a failure`);
  const passed = run.status === 0 && report.success && checked && skipped === 0;
  process.stdout.write(
    `${report.numPassedTests} passed, ${report.numFailedTests} failed, ${skipped} skipped\n`,
  );
  process.exitCode = passed ? 0 : 1;
} finally {
  rmSync(folder, { recursive: true, force: true });
}
