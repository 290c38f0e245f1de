// The bundle that `npm start` runs: one of the sources as they are now, made when there is none. Plain JavaScript, as it
// is loaded into the process that then stays: the compiler that removes types would take 15 MB of it.
import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, readdirSync, rmSync, statSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const root = dirname(dirname(dirname(fileURLToPath(import.meta.url))));
const kept = join(root, "node_modules", ".cache", "sandgate-bundle");
/** Old ones may still be running, and load parts of themselves late. */
const KEPT_MS = 7 * 24 * 3600 * 1000;

/**
 * Where the bundle's first module is. Made in about half a second, once for each state of the sources.
 *
 * @returns {string}
 * @throws {Error} where it cannot be made; the reason is on standard error.
 */
export function freshBundle() {
  const folder = join(kept, stateOfSources());
  const first = join(folder, "run.mjs");
  if (existsSync(first)) return first;
  removeOld();
  const main = join(dirname(fileURLToPath(import.meta.url)), "main.ts");
  const run = spawnSync(process.execPath, [main, folder], { stdio: ["ignore", 2, 2] });
  if (run.status !== 0 || !existsSync(first)) throw new Error("the command could not be bundled");
  return first;
}

/** By names, sizes and times, since reading every file would take longer than starting. */
function stateOfSources() {
  const hash = createHash("sha256").update(process.versions.node);
  /** @param {string} path */
  const add = (path) => {
    const { mtimeMs, size } = statSync(path);
    hash.update(`${path}\0${mtimeMs}\0${size}\n`);
  };
  add(join(root, "package-lock.json"));
  const packages = join(root, "packages");
  for (const name of readdirSync(packages)) {
    add(join(packages, name, "package.json"));
    walk(join(packages, name, "src"), add);
  }
  walk(join(root, "scripts", "bundle"), add);
  return hash.digest("hex").slice(0, 16);
}

/**
 * @param {string} folder
 * @param {(path: string) => void} visit
 */
function walk(folder, visit) {
  for (const entry of readdirSync(folder, { withFileTypes: true })) {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) walk(path, visit);
    else visit(path);
  }
}

function removeOld() {
  if (!existsSync(kept)) return;
  for (const name of readdirSync(kept)) {
    const path = join(kept, name);
    if (statSync(path).mtimeMs < Date.now() - KEPT_MS) rmSync(path, { recursive: true, force: true });
  }
}
