/** WebSocket peers of several languages, each with an implementation of its own; what they do stands in peer.py. */
import { spawn, spawnSync, type ChildProcess } from "node:child_process";
import { createHash } from "node:crypto";
import { once } from "node:events";
import { mkdirSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { createInterface, type Interface } from "node:readline";
import { cacheFolder } from "../../../../scripts/cache-folder.ts";
import { findGoTool } from "../../../../scripts/go-tool.ts";

const here = import.meta.dirname;

/** How each is started, after what it needs is there. */
export const PEERS: Readonly<Record<string, () => readonly string[]>> = {
  "ws (Node.js)": () => [process.execPath, join(here, "node-peer.ts")],
  "websockets (Python)": () => [python(), join(here, "peer.py")],
  "coder/websocket (Go)": () => [goPeer()],
};

/** Behind a lock that ends with its process; a folder is whole once it has its mark. */
const INSTALL =
  'test -e "$1/done" || { rm -rf "$1" && python3 -m venv "$1" && ' +
  '"$1/bin/pip" install --quiet --disable-pip-version-check --no-deps -r "$2" && touch "$1/done"; }';

function python(): string {
  const requirements = join(here, "requirements.txt");
  const key = createHash("sha256").update(readFileSync(requirements)).digest("hex").slice(0, 12);
  const folder = join(cacheFolder(), "python", `websockets-${key}`);
  mkdirSync(dirname(folder), { recursive: true });
  const args = [`${folder}.lock`, "sh", "-c", INSTALL, "install", folder, requirements];
  const { status, stderr } = spawnSync("flock", args, { encoding: "utf8" });
  if (status !== 0)
    throw new Error(
      `websockets could not be installed; python3 with venv (Debian: python3-venv) and PyPI are needed:\n${stderr}`,
    );
  return join(folder, "bin", "python");
}

function goPeer(): string {
  const tool = { name: "websocket-peer", version: "v1.8.15", package: ".", module: "websocket" };
  return findGoTool({ ...tool, ldflags: "-s -w", tags: "", takes: "a few seconds" }, (line) =>
    process.stderr.write(`${line}\n`),
  );
}

export interface ServingPeer {
  readonly port: number;
  /** The next line that it prints. */
  line(): Promise<string>;
  close(): Promise<void>;
}

export async function serveBy(name: string): Promise<ServingPeer> {
  const child = start(name, ["serve"]);
  const exited = once(child, "exit");
  const lines = linesOf(createInterface(child.stdout!));
  const port = Number(await lines());
  return {
    port,
    line: lines,
    async close() {
      child.stdin!.end();
      await exited;
    },
  };
}

/** Runs a client to its end, and gives what it printed. */
export async function runBy(name: string, args: readonly string[]): Promise<unknown> {
  const child = start(name, args);
  const closed = once(child, "close");
  let text = "";
  child.stdout!.on("data", (chunk: Buffer) => (text += chunk.toString()));
  const [code] = (await closed) as [number];
  if (code !== 0) throw new Error(`${name} ended with ${code}, see above`);
  return JSON.parse(text) as unknown;
}

function start(name: string, args: readonly string[]): ChildProcess {
  const [command = "", ...first] = PEERS[name]!();
  return spawn(command, [...first, ...args], { stdio: ["pipe", "pipe", "inherit"] });
}

function linesOf(reader: Interface): () => Promise<string> {
  const come: string[] = [];
  const waiting: ((line: string) => void)[] = [];
  reader.on("line", (line) => {
    const next = waiting.shift();
    if (next === undefined) come.push(line);
    else next(line);
  });
  return () => {
    const line = come.shift();
    return line === undefined ? new Promise((resolve) => waiting.push(resolve)) : Promise.resolve(line);
  };
}
