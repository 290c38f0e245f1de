import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { mkdirSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { cacheFolder } from "../../../scripts/cache-folder.ts";
import { startApp, type App } from "./app-process.ts";

const REQUIREMENTS = join(import.meta.dirname, "jupyter-requirements.txt");
/** Behind a lock that ends with its process; a folder is whole once it has its mark. */
const INSTALL =
  'test -e "$1/done" || { rm -rf "$1" && python3 -m venv "$1" && ' +
  '"$1/bin/pip" install --quiet --disable-pip-version-check --no-deps -r "$2" && touch "$1/done"; }';

/** What a person types besides the address. */
export const TOKEN = "token-of-alice";

/**
 * JupyterLab from PyPI, in a cache outside the repository.
 *
 * @returns Its folder of programs.
 * @throws Error with pip's output.
 */
export function installJupyterLab(): string {
  const key = createHash("sha256").update(readFileSync(REQUIREMENTS)).digest("hex").slice(0, 12);
  const folder = join(cacheFolder(), "python", `jupyterlab-${key}`);
  mkdirSync(join(folder, ".."), { recursive: true });
  const { status, stderr } = spawnSync(
    "flock",
    [`${folder}.lock`, "sh", "-c", INSTALL, "install", folder, REQUIREMENTS],
    { encoding: "utf8" },
  );
  if (status !== 0) {
    throw new Error(
      `JupyterLab could not be installed; python3 with venv (Debian: python3-venv) and PyPI are needed:\n${stderr}`,
    );
  }
  return join(folder, "bin");
}

/** JupyterLab with an empty home of its own. */
export async function startJupyterLab(programs: string, prefix: string): Promise<App> {
  const home = mkdtempSync(join(tmpdir(), "sandgate-jupyter-"));
  const config = join(home, ".jupyter");
  mkdirSync(config);
  const app = await startApp(
    join(programs, "jupyter-lab"),
    [
      "--allow-root",
      "--no-browser",
      "--ip=127.0.0.1",
      "--port=0",
      // A sandbox listens on its pod's address, where this is the default.
      "--ServerApp.allow_remote_access=True",
      `--IdentityProvider.token=${TOKEN}`,
      `--ServerApp.base_url=${prefix}/`,
      // Else it asks PyPI.
      "--LabApp.check_for_updates_class=jupyterlab.NeverCheckForUpdate",
    ],
    {
      cwd: home,
      env: {
        ...process.env,
        HOME: home,
        PATH: `${programs}:${process.env["PATH"] ?? ""}`,
        SHELL: "/bin/sh",
        JUPYTER_CONFIG_DIR: config,
      },
    },
    /http:\/\/127\.0\.0\.1:(\d+)/,
  );
  return {
    ...app,
    async stop() {
      await app.stop();
      rmSync(home, { recursive: true });
    },
  };
}
