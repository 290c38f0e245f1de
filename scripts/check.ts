/** `npm run check`: format, lint, boundaries and types, every problem of all four before it ends. */
import { spawnSync } from "node:child_process";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { checkBoundaries } from "./check-boundaries.ts";

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const bin = join(root, "node_modules", ".bin");

/** Exported so that `npm test` runs the same checks. */
export function check(): boolean {
  const failed: string[] = [];
  for (const [name, command, ...args] of [
    ["format", "oxfmt", "--check", "."],
    ["lint", "oxlint", "--type-aware"],
    ["types", "tsc", "-p", "."],
  ] as const) {
    process.stderr.write(`check: ${name}\n`);
    const run = spawnSync(join(bin, command), args, { cwd: root, stdio: ["ignore", 2, 2] });
    if (run.status !== 0) failed.push(name);
  }
  process.stderr.write("check: boundaries\n");
  const problems = checkBoundaries();
  for (const problem of problems) process.stderr.write(`${problem}\n`);
  if (problems.length > 0) failed.push("boundaries");
  process.stderr.write(failed.length === 0 ? "check: all well\n" : `check: failed: ${failed.join(", ")}\n`);
  return failed.length === 0;
}

if (import.meta.main) process.exitCode = check() ? 0 : 1;
