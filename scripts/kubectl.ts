/** Finds a kubectl for the tests: the one on PATH if its version serves, else one built from its Go module. */
import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, renameSync } from "node:fs";
import { delimiter, dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { cacheFolder } from "./cache-folder.ts";

const OLDEST_MINOR = 31;
const NEWEST_MINOR = 36;
const BUILT_VERSION = "v1.36.3";
const module = join(dirname(dirname(fileURLToPath(import.meta.url))), "test", "tools", "kubectl");

/** Minor version of a kubectl, null if it can't be started or says something else. */
export function minorVersion(command: string): number | null {
  const run = spawnSync(command, ["version", "--client", "-o", "json"], { encoding: "utf8" });
  const match = /"gitVersion":\s*"v1\.(\d+)/.exec(run.stdout ?? "");
  return match?.[1] === undefined ? null : Number(match[1]);
}

/**
 * @returns Path of a kubectl that the API server supports.
 * @throws Error with the remedy where there is none and none can be built.
 */
export function findKubectl(write: (line: string) => void): string {
  for (const folder of (process.env["PATH"] ?? "").split(delimiter)) {
    const candidate = join(folder, "kubectl");
    if (!existsSync(candidate)) continue;
    const minor = minorVersion(candidate);
    if (minor !== null && minor >= OLDEST_MINOR && minor <= NEWEST_MINOR) return candidate;
  }
  return buildKubectl(write);
}

function buildKubectl(write: (line: string) => void): string {
  const target = join(cacheFolder(), `kubectl-${BUILT_VERSION}`, "kubectl");
  if (existsSync(target)) return target;
  write(`building kubectl ${BUILT_VERSION} from its Go module, about a minute the first time`);
  mkdirSync(dirname(target), { recursive: true });
  // Built beside and renamed, so that two builds at once or one cut short leave a whole program or none.
  const part = `${target}.${process.pid}`;
  const flags = [
    "-s -w",
    `-X k8s.io/component-base/version.gitVersion=${BUILT_VERSION}`,
    "-X k8s.io/component-base/version.gitMajor=1",
    `-X k8s.io/component-base/version.gitMinor=${NEWEST_MINOR}`,
  ].join(" ");
  const run = spawnSync("go", ["build", "-trimpath", "-ldflags", flags, "-o", part, "."], {
    cwd: module,
    stdio: ["ignore", 2, 2],
    env: { ...process.env, CGO_ENABLED: "0", GOFLAGS: "-buildvcs=false" },
  });
  if (run.status !== 0) {
    throw new Error(
      `The tests need kubectl 1.${OLDEST_MINOR} to 1.${NEWEST_MINOR}: none is on PATH, and building one failed` +
        `${run.error === undefined ? "" : ` (${run.error.message})`}. Install kubectl, or Go 1.26, and try again.`,
    );
  }
  renameSync(part, target);
  return target;
}
