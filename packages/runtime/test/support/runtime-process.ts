import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { buildRuntime } from "../../src/build.ts";

export interface RuntimeProcess {
  readonly url: string;
  readonly pid: number;
  readonly workspace: string;
  close(): Promise<void>;
}

/** The runtime as a pod has it: the bundle, in a process and a folder of its own, with no environment but this. */
export async function startRuntimeProcess(env: Readonly<Record<string, string>>): Promise<RuntimeProcess> {
  const entry = await buildRuntime();
  const workspace = mkdtempSync(join(tmpdir(), "sandgate-runtime-"));
  const child = spawn(process.execPath, [entry], {
    cwd: workspace,
    env: { SANDGATE_RUNTIME_HOST: "127.0.0.1", SANDGATE_RUNTIME_PORT: "0", ...env },
    stdio: ["ignore", "pipe", "inherit"],
  });
  const exited = once(child, "exit");
  let port: string | undefined;
  for await (const line of createInterface({ input: child.stdout })) {
    port = /listening on port (\d+)/.exec(line)?.[1];
    break;
  }
  return {
    url: `http://127.0.0.1:${port}`,
    pid: child.pid ?? 0,
    workspace,
    async close() {
      child.kill();
      await exited;
      rmSync(workspace, { recursive: true, force: true });
    },
  };
}
