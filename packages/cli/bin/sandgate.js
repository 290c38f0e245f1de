#!/usr/bin/env -S node --max-semi-space-size=2
// The flag: V8 gives room for new objects that it never gives back, 12 MB of it, to a process that is idle most of the time.
//
// Plain JavaScript on purpose. An older Node cannot read TypeScript and has to be told so (or, in a clone, replaced by the
// one that the npm package "node" brought). And a newer one then never loads its TypeScript compiler: all the rest comes
// from the compile cache, which saves 30 MB of memory and half of the time to the first answer.
import { spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { createRequire, enableCompileCache } from "node:module";
import { dirname, join } from "node:path";
import { constants, homedir } from "node:os";

const [major = 0, minor = 0] = process.versions.node.split(".").map(Number);
if (major > 22 || (major === 22 && minor >= 18)) {
  enableCompileCache(compileCacheFolder());
  // A clone runs its sources; a package brings the bundle instead.
  const { run } = await (existsSync(new URL("../src", import.meta.url))
    ? import("../src/run.ts")
    : import("../dist/run.mjs"));
  process.exitCode = await run(process.argv.slice(2));
} else {
  runWithNewerNode();
}

/** The user's own: in the system's folder for temporary files somebody else could leave code for root to run. */
function compileCacheFolder() {
  return join(process.env.XDG_CACHE_HOME || join(homedir(), ".cache"), "sandgate", "compile-cache");
}

function runWithNewerNode() {
  let node;
  try {
    node = join(dirname(createRequire(import.meta.url).resolve("node/package.json")), "bin", "node");
  } catch {
    process.stderr.write(
      `sandgate: Node.js 22.18 or newer is needed, and this is ${process.versions.node}.\n`,
    );
    process.exit(1);
  }
  const child = spawn(node, [...process.execArgv, ...process.argv.slice(1)], { stdio: "inherit" });
  // A terminal sends Ctrl-C to the whole group; a supervisor signals only this process, so it is passed on.
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"]) {
    process.on(signal, () => {
      if (signal !== "SIGINT" || !process.stdin.isTTY) child.kill(signal);
    });
  }
  child.on("exit", (code, signal) =>
    process.exit(code ?? 128 + (constants.signals[signal ?? "SIGTERM"] ?? 0)),
  );
}
