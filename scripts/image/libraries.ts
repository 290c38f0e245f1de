import { spawnSync } from "node:child_process";

/**
 * The libraries that a program is started with, by the paths under which it looks for them.
 *
 * @throws Error for a program that cannot be looked at, or of which one is missing.
 */
export function librariesOf(program: string): string[] {
  const run = spawnSync("ldd", [program], { encoding: "utf8" });
  if (run.status !== 0) throw new Error(`ldd ${program}: ${run.error?.message ?? run.stderr}`);
  return parseLdd(run.stdout);
}

/** @throws Error that names a library that was not found. */
export function parseLdd(output: string): string[] {
  const libraries: string[] = [];
  for (const line of output.split("\n")) {
    const missing = /^\s+(\S+) => not found/.exec(line)?.[1];
    if (missing !== undefined) throw new Error(`the library ${missing} is not on this machine`);
    // `name => path (address)`, or a path alone for the loader; the kernel's own has a name only.
    const path = /^\s+(?:\S+ => )?(\/\S+) \(0x/.exec(line)?.[1];
    if (path !== undefined) libraries.push(path);
  }
  return libraries;
}
