/** kubectl for the tests: one that serves, and the two ends of the promised range, built from pinned Go modules. */
import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, renameSync } from "node:fs";
import { delimiter, dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { cacheFolder } from "./cache-folder.ts";

/** A kubectl that is built from a pinned Go module. */
export interface PinnedKubectl {
  readonly minor: number;
  readonly version: string;
  /** The file that pins it. */
  readonly modules: string;
}

const OLDEST: PinnedKubectl = { minor: 31, version: "v1.31.3", modules: "v1.31.mod" };
const NEWEST: PinnedKubectl = { minor: 36, version: "v1.36.3", modules: "go.mod" };
/** The oldest and the newest that are promised to work. A version changes here and in its file, nowhere else. */
export const KUBECTL_RANGE: readonly PinnedKubectl[] = [OLDEST, NEWEST];
const module = join(dirname(dirname(fileURLToPath(import.meta.url))), "test", "tools", "kubectl");

/** Minor version of a kubectl, null if it can't be started or says something else. */
export function minorVersion(command: string): number | null {
  const run = spawnSync(command, ["version", "--client", "-o", "json"], { encoding: "utf8" });
  const match = /"gitVersion":\s*"v1\.(\d+)/.exec(run.stdout ?? "");
  return match?.[1] === undefined ? null : Number(match[1]);
}

/**
 * @returns Path of a kubectl that the API server supports: the one on PATH if its version serves, else the newest.
 * @throws Error with the remedy where there is none and none can be built.
 */
export function findKubectl(write: (line: string) => void): string {
  for (const folder of (process.env["PATH"] ?? "").split(delimiter)) {
    const candidate = join(folder, "kubectl");
    if (!existsSync(candidate)) continue;
    const minor = minorVersion(candidate);
    if (minor !== null && minor >= OLDEST.minor && minor <= NEWEST.minor) return candidate;
  }
  return builtKubectl(NEWEST, write);
}

/**
 * @returns Path of that kubectl, which the first time takes a minute or two to build.
 * @throws Error with the remedy where it can't be built.
 */
export function builtKubectl(
  { minor, version, modules }: PinnedKubectl,
  write: (line: string) => void,
): string {
  const target = join(cacheFolder(), `kubectl-${version}`, "kubectl");
  if (existsSync(target)) return target;
  write(`building kubectl ${version} from its Go module, a minute or two the first time`);
  mkdirSync(dirname(target), { recursive: true });
  // Built beside and renamed, so that two builds at once or one cut short leave a whole program or none.
  const part = `${target}.${process.pid}`;
  const flags = [
    "-s -w",
    `-X k8s.io/component-base/version.gitVersion=${version}`,
    "-X k8s.io/component-base/version.gitMajor=1",
    `-X k8s.io/component-base/version.gitMinor=${minor}`,
  ].join(" ");
  const began = performance.now();
  const run = spawnSync(
    "go",
    ["build", "-trimpath", `-modfile=${modules}`, "-ldflags", flags, "-o", part, "."],
    {
      cwd: module,
      stdio: ["ignore", 2, 2],
      env: { ...process.env, CGO_ENABLED: "0", GOFLAGS: "-buildvcs=false" },
    },
  );
  if (run.status !== 0) {
    throw new Error(
      `The tests need kubectl ${version}, and building it from its Go module failed` +
        `${run.error === undefined ? "" : ` (${run.error.message})`}. Install Go 1.26 and try again.`,
    );
  }
  renameSync(part, target);
  write(`built kubectl ${version} in ${Math.round((performance.now() - began) / 1000)} s`);
  return target;
}
