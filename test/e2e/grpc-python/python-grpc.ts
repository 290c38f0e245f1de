import { execFile, spawn, spawnSync, type ChildProcessByStdio } from "node:child_process";
import { createHash } from "node:crypto";
import { once } from "node:events";
import { mkdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import type { Readable, Writable } from "node:stream";
import { promisify } from "node:util";
import { cacheFolder } from "../../../scripts/cache-folder.ts";

const REQUIREMENTS = join(import.meta.dirname, "requirements.txt");
const SERVICE = join(import.meta.dirname, "service.py");
/** Behind a lock that ends with its process; a folder is whole once it has its mark. */
const INSTALL =
  'test -e "$1/done" || { rm -rf "$1" && python3 -m venv "$1" && ' +
  '"$1/bin/pip" install --quiet --disable-pip-version-check --no-deps -r "$2" && touch "$1/done"; }';

const run = promisify(execFile);

/**
 * gRPC's library for Python from PyPI, in a cache outside the repository.
 *
 * @returns Its Python.
 * @throws Error with pip's output.
 */
export function installPythonGrpc(): string {
  const key = createHash("sha256").update(readFileSync(REQUIREMENTS)).digest("hex").slice(0, 12);
  const folder = join(cacheFolder(), "python", `grpc-${key}`);
  mkdirSync(join(folder, ".."), { recursive: true });
  const args = [`${folder}.lock`, "sh", "-c", INSTALL, "install", folder, REQUIREMENTS];
  const { status, stderr } = spawnSync("flock", args, { encoding: "utf8" });
  if (status !== 0) {
    throw new Error(
      `grpcio could not be installed; python3 with venv (Debian: python3-venv) and PyPI are needed:\n${stderr}`,
    );
  }
  return join(folder, "bin", "python");
}

export interface PythonServer {
  readonly port: number;
  close(): Promise<void>;
}

/** The service on a port of loopback. */
export async function startPythonServer(python: string): Promise<PythonServer> {
  const child: ChildProcessByStdio<Writable, Readable, null> = spawn(python, [SERVICE, "serve"], {
    stdio: ["pipe", "pipe", "inherit"],
  });
  const exited = once(child, "exit");
  const [line] = (await Promise.race([
    once(child.stdout.setEncoding("utf8"), "data"),
    exited.then(() => Promise.reject(new Error("the service ended before it told its port"))),
  ])) as [string];
  return {
    port: Number(line),
    async close() {
      child.stdin.end();
      await exited;
    },
  };
}

/** What calls of every kind came to. */
export async function callAll(python: string, args: readonly string[]): Promise<unknown> {
  const { stdout } = await run(python, [SERVICE, "call", ...args]);
  return JSON.parse(stdout);
}

/** Code, message and the gateway's own code of a call that fails. */
export async function callFailing(python: string, address: string, authority: string): Promise<unknown> {
  const { stdout } = await run(python, [SERVICE, "ask", address, authority]);
  return JSON.parse(stdout);
}
