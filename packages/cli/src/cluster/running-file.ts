import { readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";

/** What a running `sandgate up` says of itself in its data folder. */
export interface Running {
  pid: number;
  /** Base URL of the gateway, without a trailing slash. */
  gatewayUrl: string;
  /** Of the router's listener, null without one. */
  routerUrl: string | null;
  kubeconfigPath: string;
  version: string;
}

const FILE = "running.json";

export function writeRunning(dataDir: string, running: Running): void {
  const path = join(dataDir, FILE);
  writeFileSync(`${path}.new`, `${JSON.stringify(running, null, 2)}\n`, { mode: 0o600 });
  renameSync(`${path}.new`, path);
}

export function removeRunning(dataDir: string): void {
  rmSync(join(dataDir, FILE), { force: true });
}

/** @returns null if no `up` runs on this folder, also where one was killed and left its file. */
export function readRunning(dataDir: string): Running | null {
  let text: string;
  try {
    text = readFileSync(join(dataDir, FILE), "utf8");
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return null;
    throw error;
  }
  const running = JSON.parse(text) as Running;
  return isAlive(running.pid) ? running : null;
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "EPERM";
  }
}
