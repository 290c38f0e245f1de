import { spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { createInterface } from "node:readline";

export interface KilledRun extends AsyncDisposable {
  readonly pid: number;
  /** What it printed when it was up. */
  readonly line: string;
  /** `kill -9`, to its end. */
  kill(): Promise<void>;
}

/**
 * Starts a program of this folder as a process of its own, to be killed.
 *
 * @returns When it has printed its first line.
 * @throws Error if it ends before that.
 */
export async function startRunToKill(program: string, ...args: string[]): Promise<KilledRun> {
  const run = spawn(process.execPath, [join(import.meta.dirname, program), ...args], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  const exit = once(run, "exit");
  const kill = async (): Promise<void> => {
    run.kill("SIGKILL");
    await exit;
  };
  const lines = createInterface({ input: run.stdout });
  const [line] = (await Promise.race([
    once(lines, "line"),
    exit.then(([code]) => Promise.reject(new Error(`${program} ended by itself with ${code}`))),
  ])) as [string];
  return { pid: run.pid ?? 0, line, kill, [Symbol.asyncDispose]: kill };
}
