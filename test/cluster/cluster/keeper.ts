/** A process that holds namespaces for as long as we live. */
import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { readFileSync } from "node:fs";

export interface Keeper {
  /** Id, outside, of the first process inside, for `nsenter -t`. */
  readonly pid: number;
  /** Ends the first process inside; the kernel takes the namespaces and what is in them. */
  close(): Promise<void>;
}

/**
 * Opens namespaces. Their first process reads from a pipe of ours: if the test run ends, even by `kill -9`, the pipe
 * closes, that process ends, and the kernel ends what only it held.
 *
 * @param kinds - Options of `unshare`, as `--net`.
 * @param prepare - Shell commands that are done inside before this returns.
 * @throws Error where the machine does not let us make them; that needs root.
 */
export async function openKeeper(kinds: readonly string[], prepare: string): Promise<Keeper> {
  const script = `set -e; ${prepare}; echo ready; exec cat >/dev/null`;
  const keeper = spawn("unshare", [...kinds, "--fork", "--kill-child", "sh", "-c", script], {
    stdio: ["pipe", "pipe", "inherit"],
  });
  const exit = once(keeper, "exit");
  const [greeting] = (await Promise.race([
    once(keeper.stdout, "data"),
    exit.then(([code]) => [`ended with ${code}`]),
  ])) as [Buffer | string];
  if (!greeting.toString().startsWith("ready")) {
    throw new Error(
      `Namespaces could not be made (unshare ${kinds.join(" ")}): ${greeting.toString()}; are you root?`,
    );
  }
  return {
    pid: innerPid(keeper),
    async close() {
      keeper.stdin.end();
      await exit;
    },
  };
}

/** `unshare --fork` and `nsenter --pid` wait for one child: the program itself. */
export function innerPid(child: ChildProcess): number {
  const { pid } = child;
  const children = pid === undefined ? "" : readFileSync(`/proc/${pid}/task/${pid}/children`, "utf8");
  const inner = Number(children.trim().split(" ")[0]);
  if (!Number.isInteger(inner) || inner <= 0) throw new Error(`process ${pid} has no child`);
  return inner;
}
