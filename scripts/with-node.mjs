#!/usr/bin/env node
// Runs a TypeScript file of this repository with Node 24, on a machine with any Node >= 20:
//   node scripts/with-node.mjs [--NODE-FLAG ...] FILE [ARGUMENT ...]
// Installs the dependencies first when the lock file asks for others than are there. Plain JavaScript, since the Node
// that starts it may not know TypeScript.
import { spawn, spawnSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { constants } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const wanted = Number(readFileSync(join(root, ".node-version"), "utf8").trim());

/**
 * @param {string} message
 * @returns {never}
 */
function fail(message) {
  process.stderr.write(`sandgate: ${message}\n`);
  process.exit(1);
}

/** @param {string} path */
function lockedPackages(path) {
  return Object.entries(JSON.parse(readFileSync(path, "utf8")).packages);
}

/**
 * Whether every package of the lock file is in the list that npm writes when an installation is complete, whoever asked
 * for that. Optional ones may be another platform's, and are not in it then.
 */
function dependenciesAreThere() {
  const list = join(root, "node_modules", ".package-lock.json");
  if (!existsSync(list)) return false;
  const installed = new Map(lockedPackages(list));
  return lockedPackages(join(root, "package-lock.json")).every(([path, asked]) => {
    if (!path.startsWith("node_modules/")) return true;
    const there = installed.get(path);
    if (there === undefined) return asked.optional === true;
    return there.version === asked.version && there.integrity === asked.integrity;
  });
}

function installDependencies() {
  process.stderr.write("sandgate: installing dependencies (npm ci), about half a minute the first time\n");
  // On standard error, so that what a command prints stays its own.
  const npm = spawnSync("npm", ["ci", "--include=dev", "--no-audit", "--no-fund"], {
    cwd: root,
    stdio: ["ignore", 2, 2],
  });
  if (npm.error !== undefined)
    fail(`npm could not be started: ${npm.error.message}. Install npm and try again.`);
  if (npm.status !== 0) {
    fail(
      "npm ci failed (its output is above). Is the package registry reachable? Then run the same command again.",
    );
  }
}

/** @returns {string | null} */
function findNode() {
  if (Number(process.versions.node.split(".")[0]) === wanted) return process.execPath;
  const packaged = join(root, "node_modules", "node", "bin", "node");
  const probe = spawnSync(packaged, ["--version"], { encoding: "utf8" });
  return probe.status === 0 && probe.stdout.startsWith(`v${wanted}.`) ? packaged : null;
}

const words = process.argv.slice(2);
const flags = words.slice(
  0,
  words.findIndex((word) => !word.startsWith("--")),
);
const [file, ...args] = words.slice(flags.length);
if (file === undefined) fail("usage: node scripts/with-node.mjs [--NODE-FLAG ...] FILE [ARGUMENT ...]");
// An installation without scripts is complete to npm and has no Node in it.
if (!dependenciesAreThere() || findNode() === null) installDependencies();
const node = findNode();
if (node === null) {
  fail(
    `Node ${wanted} is not to be had from the npm package "node" on ${process.platform}-${process.arch}: ` +
      `install Node ${wanted} and run the same command with it.`,
  );
}
const child = spawn(node, [...flags, join(root, file), ...args], {
  cwd: process.env.INIT_CWD ?? process.cwd(),
  stdio: "inherit",
  env: { ...process.env, PATH: `${dirname(node)}:${process.env.PATH ?? ""}` },
});
// A terminal sends Ctrl-C to the whole group; a supervisor signals only us, so it is passed on. Ending is the child's.
for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"]) {
  process.on(signal, () => {
    if (signal !== "SIGINT" || !process.stdin.isTTY) child.kill(signal);
  });
}
child.on("error", (error) => fail(`${node}: ${error.message}`));
child.on("exit", (code, signal) => {
  process.exit(signal === null ? (code ?? 1) : 128 + (constants.signals[signal] ?? 0));
});
