import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { createHash } from "node:crypto";
import { mkdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { cacheFolder } from "../../../scripts/cache-folder.ts";

/** Versions that are tried. The first is of the release that the embedded controllers follow, the last the newest. */
export const PYTHON_CLIENTS = ["0.5.6", "1.0.8"] as const;

/** What a session prints, whatever the version and the cluster. */
export const SEEN = {
  command: ["out\n", "err\n", 3],
  status: ["SandboxReady", "Pod is Ready"],
  "bytes kept": true,
  "odd name": "by command\n",
  listed: [
    ["a b%2F#.txt", "file"],
    ["data.bin", "file"],
  ],
  exists: [true, false],
  "too slow": 408,
  runs: "x\n",
};

const here = import.meta.dirname;
const REQUIREMENTS = join(here, "requirements.txt");
/** Behind a lock that ends with its process; a folder is whole once it has its mark. */
const INSTALL =
  'test -e "$1/done" || { rm -rf "$1" && python3 -m venv "$1" && ' +
  '"$1/bin/pip" install --quiet --disable-pip-version-check --no-deps -r "$2" "$3" && touch "$1/done"; }';

/**
 * The client of a version, installed from PyPI into a cache outside the repository.
 *
 * @returns Its Python.
 * @throws Error with pip's output.
 */
export function installPythonClient(version: string): string {
  const key = createHash("sha256").update(readFileSync(REQUIREMENTS)).digest("hex").slice(0, 12);
  const folder = join(cacheFolder(), "python", `${version}-${key}`);
  mkdirSync(join(folder, ".."), { recursive: true });
  const args = [`${folder}.lock`, "sh", "-c", INSTALL, "install", folder, REQUIREMENTS];
  const { status, stderr } = spawnSync("flock", [...args, `k8s-agent-sandbox==${version}`], {
    encoding: "utf8",
  });
  if (status !== 0) {
    throw new Error(
      `k8s-agent-sandbox ${version} could not be installed; python3 with venv (Debian: python3-venv) and PyPI are needed:\n${stderr}`,
    );
  }
  return join(folder, "bin", "python");
}

/** Runs a session and gives what it printed. */
export async function runSession(
  python: string,
  kubeconfig: string,
  args: readonly string[],
): Promise<unknown> {
  const child = spawn(python, [join(here, "session.py"), ...args], {
    env: { ...process.env, KUBECONFIG: kubeconfig },
    stdio: ["ignore", "pipe", "pipe"],
  });
  let stdout = "";
  let stderr = "";
  child.stdout.on("data", (chunk: Buffer) => {
    stdout += chunk.toString();
  });
  child.stderr.on("data", (chunk: Buffer) => {
    stderr += chunk.toString();
  });
  const [code] = (await once(child, "close")) as [number | null];
  if (code !== 0) throw new Error(`the session ended with ${code}:\n${stderr}`);
  return JSON.parse(stdout) as unknown;
}
