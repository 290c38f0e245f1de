import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, renameSync } from "node:fs";
import { dirname, join } from "node:path";
import { cacheFolder } from "./cache-folder.ts";

/** A program of the tests that is built from a Go module. */
export interface GoTool {
  readonly name: string;
  /** Of the module; it changes here and in the go.mod that pins it, nowhere else. */
  readonly version: string;
  /** What is built. */
  readonly package: string;
  /** Folder in test/tools with the go.mod. */
  readonly module: string;
  readonly ldflags: string;
  readonly tags: string;
  /** About how long it takes, for whoever waits. */
  readonly takes: string;
}

const tools = join(import.meta.dirname, "..", "test", "tools");

/**
 * @returns Path of the program in the cache, where it is built the first time.
 * @throws Error with the remedy where it cannot be built.
 */
export function findGoTool(tool: GoTool, write: (line: string) => void): string {
  const { name, version, takes } = tool;
  const target = join(cacheFolder(), `${name}-${version}`, name);
  if (existsSync(target)) return target;
  write(`building ${name} ${version} from its Go module, ${takes} the first time`);
  mkdirSync(dirname(target), { recursive: true });
  // Built beside and renamed, so that two builds at once or one cut short leave a whole program or none.
  const part = `${target}.${process.pid}`;
  const run = spawnSync(
    "go",
    ["build", "-trimpath", "-tags", tool.tags, "-ldflags", tool.ldflags, "-o", part, tool.package],
    {
      cwd: join(tools, tool.module),
      stdio: ["ignore", 2, 2],
      env: { ...process.env, CGO_ENABLED: "0", GOFLAGS: "-buildvcs=false" },
    },
  );
  if (run.status !== 0) {
    throw new Error(
      `${name} could not be built from its Go module${run.error === undefined ? "" : ` (${run.error.message})`}. ` +
        "Install Go 1.26 and try again.",
    );
  }
  renameSync(part, target);
  return target;
}
