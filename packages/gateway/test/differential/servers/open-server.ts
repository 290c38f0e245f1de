import { spawn, spawnSync, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { createNodeServer } from "./node-server.ts";

export interface RealServer {
  readonly port: number;
  close(): Promise<void>;
}

/** Servers that are nothing of ours, by the name of their language; each answers the same paths in its own way. */
export const SERVERS: Readonly<Record<string, () => Promise<RealServer>>> = {
  "Node.js": openNode,
  Python: () => openProgram("python3", [join(import.meta.dirname, "server.py")], () => {}),
  Go: openGo,
};

async function openNode(): Promise<RealServer> {
  const server = createNodeServer();
  await once(server.listen(0, "127.0.0.1"), "listening");
  return {
    port: (server.address() as AddressInfo).port,
    async close() {
      server.closeAllConnections();
      await once(server.close(), "close");
    },
  };
}

/** Built from its one file, which needs no module. */
async function openGo(): Promise<RealServer> {
  const folder = mkdtempSync(join(tmpdir(), "sandgate-go-server-"));
  const program = join(folder, "server");
  const file = join(import.meta.dirname, "server.go");
  const built = spawnSync("go", ["build", "-o", program, file], { encoding: "utf8", env: goEnvironment() });
  if (built.status !== 0)
    throw new Error(
      `the server of Go could not be built; Go 1.24 or newer is needed on the PATH:\n${built.stderr}`,
      {
        cause: built.error,
      },
    );
  return openProgram(program, [], () => rmSync(folder, { recursive: true }));
}

/** Of the toolchain that is there; nothing is fetched. */
function goEnvironment(): NodeJS.ProcessEnv {
  return { ...process.env, GO111MODULE: "off", GOTOOLCHAIN: "local", GOFLAGS: "" };
}

async function openProgram(command: string, args: string[], after: () => void): Promise<RealServer> {
  const child: ChildProcess = spawn(command, args, { stdio: ["pipe", "pipe", "inherit"] });
  const failed = once(child, "error").then(([error]: unknown[]) => {
    throw new Error(`${command} is needed on the PATH`, { cause: error });
  });
  const exited = once(child, "exit");
  const first = once(createInterface(child.stdout!), "line") as Promise<[string]>;
  const [line] = await Promise.race([first, failed]);
  return {
    port: Number(line),
    async close() {
      child.stdin!.end();
      await exited;
      after();
    },
  };
}
