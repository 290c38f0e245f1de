/**
 * `npm test`: sets up what the tests need on this machine, runs the checks and every test, and ends with one line
 * `N passed, N failed, N skipped`. Arguments go to Vitest: `npm test -- --project unit`. With `--full` the tests that take
 * long run as long as they are meant to; with `--results` what was seen is written into the documentation.
 */
import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { cpus, release, tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { buildRuntime } from "@sandgate/runtime/build";
import { ensureSystemParts } from "../packages/cli/src/system-parts/ensure.ts";
import { SYSTEM_PARTS } from "../packages/cli/src/system-parts/parts.ts";
import { BROWSER_SYSTEM_PARTS } from "../test/browser/system-parts.ts";
import { clusterBinaries, goVersion } from "../test/cluster/binaries/cluster-binaries.ts";
import { ALL_PARTS } from "../test/cluster/binaries/parts.ts";
import { CLUSTER_SYSTEM_PARTS, clusterObstacle } from "../test/cluster/can-run.ts";
import { check } from "./check.ts";
import { builtKubectl, findKubectl, KUBECTL_RANGE } from "./kubectl.ts";
import { fill, resultsTable, type TestReport } from "./releases-page.ts";

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const say = (line: string): void => void process.stderr.write(`test: ${line}\n`);

interface Report {
  numPassedTests: number;
  numFailedTests: number;
  numPendingTests: number;
  numTodoTests: number;
  /** Epoch milliseconds. */
  startTime: number;
  success: boolean;
}

const full = process.argv.includes("--full");
const withResults = process.argv.includes("--results");
const forVitest = process.argv.slice(2).filter((one) => one !== "--full" && one !== "--results");
const obstacle = clusterObstacle();
const withClusters = obstacle === null && wantsProject("cluster");
const wanted = [
  ...SYSTEM_PARTS,
  ...(withClusters ? CLUSTER_SYSTEM_PARTS : []),
  ...(wantsProject("browser") ? BROWSER_SYSTEM_PARTS : []),
];
const missing = ensureSystemParts(wanted, say);
if (missing !== null) {
  say(missing);
  process.exit(1);
}
const kubectl = findKubectl(say);
say(`kubectl: ${kubectl}`);
// Without Go the tests that need these two say so; the others run all the same.
if (wantsProject("e2e") && goVersion() !== null) for (const one of KUBECTL_RANGE) builtKubectl(one, say);
await buildRuntime();
if (withClusters) await clusterBinaries(ALL_PARTS, say);
else if (obstacle !== null) say(`the tests on real Kubernetes do not run: ${obstacle}`);
// Elsewhere it is enough to be told; where a machine decides what lands, tests that did not run must not look like success.
const clustersMissed = obstacle !== null && process.env["CI"] === "true";
if (obstacle !== null && namedProjects().includes("cluster")) process.exit(1);

const checked = forVitest.length > 0 || check();
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
      ...(obstacle === null ? [] : ["--project", "!cluster"]),
      ...forVitest,
    ],
    {
      cwd: root,
      stdio: "inherit",
      env: { ...process.env, SANDGATE_TEST_KUBECTL: kubectl, ...(full ? { SANDGATE_TEST_FULL: "1" } : {}) },
    },
  );
  const report = JSON.parse(readFileSync(reportFile, "utf8")) as Report & TestReport;
  const skipped = report.numPendingTests + report.numTodoTests;
  if (!checked) say("the checks failed (see above the tests' output)");
  // No test may be left out unseen: one that cannot run on this machine fails with what is missing.
  if (skipped > 0) say(`${skipped} tests did not run; that counts as a failure`);
  if (clustersMissed) say("with CI=true that counts as a failure");
  const passed = run.status === 0 && report.success && checked && skipped === 0 && !clustersMissed;
  const compared = !withResults || !passed || compareHostileMessages();
  if (withResults && passed) writeResults(report);
  process.stdout.write(
    `${report.numPassedTests} passed, ${report.numFailedTests} failed, ${skipped} skipped\n`,
  );
  process.exitCode = passed && compared ? 0 : 1;
} finally {
  rmSync(folder, { recursive: true, force: true });
}

/** Has nginx and HAProxy take the hostile messages, too, and the page of them written. */
function compareHostileMessages(): boolean {
  const command = join("packages", "gateway", "test", "hostile", "comparison", "main.ts");
  return spawnSync(process.execPath, [command], { cwd: root, stdio: ["ignore", 2, 2] }).status === 0;
}

/** Projects that the arguments name, as `NAME` or `!NAME`. */
function namedProjects(): string[] {
  return process.argv.flatMap((value, index, all) =>
    value === "--project" ? [all[index + 1] ?? ""] : value.startsWith("--project=") ? [value.slice(10)] : [],
  );
}

/** Whether the arguments leave a project in: those that name projects name it, or there are none. */
function wantsProject(name: string): boolean {
  const named = namedProjects();
  return (
    named.length === 0 ||
    named.includes(name) ||
    named.some((one) => one.startsWith("!") && one !== `!${name}`)
  );
}

/** Writes what was seen, when and on what, into the page of the releases. */
function writeResults(report: Report & TestReport): void {
  const page = join(root, "docs", "reference", "releases.md");
  const day = new Date().toISOString().slice(0, 10);
  const minutes = Math.round((Date.now() - report.startTime) / 60_000);
  const last = `Last run: ${day}, ${cpus()[0]?.model ?? "unknown processor"}, ${cpus().length} cores, ${release()}, Node.js ${process.version}; ${report.numPassedTests} tests in ${minutes} minutes, all passed${full ? ", with outages and changes of five minutes" : ""}.`;
  const results = `${last}\n\n${resultsTable(report)}`;
  writeFileSync(page, fill(readFileSync(page, "utf8"), "results", results));
  say(`wrote the results into ${page}`);
}
