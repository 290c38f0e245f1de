/** One program of a cluster: started inside, its output in a file, ended by its process id. */
import type { ChildProcess } from "node:child_process";
import { once } from "node:events";
import { closeSync, openSync, readFileSync } from "node:fs";
import { join } from "node:path";
import type { ClusterNamespace } from "./namespace.ts";

export interface ProgramSpec {
  /** For the log file and for messages. */
  readonly name: string;
  readonly command: string;
  readonly args: readonly string[];
  readonly env?: NodeJS.ProcessEnv;
}

export interface Component {
  readonly name: string;
  readonly running: boolean;
  /** Last lines of its output. */
  tail(lines?: number): string;
  /** Ends it without a chance to drain: an API server would take a minute. */
  kill(): Promise<void>;
  /** Stops it where it stands, connections open, and lets it go on. */
  pause(): void;
  resume(): void;
  start(): void;
}

export function startComponent(inside: ClusterNamespace, folder: string, spec: ProgramSpec): Component {
  const log = join(folder, "logs", `${spec.name}.log`);
  let child: ChildProcess | null = null;
  let exit: Promise<unknown> = Promise.resolve();

  function start(): void {
    const output = openSync(log, "a");
    const started = inside.spawn(spec.command, spec.args, {
      stdio: ["ignore", output, output],
      env: { ...process.env, ...spec.env },
    });
    closeSync(output);
    child = started;
    exit = once(started, "exit").then(() => {
      if (child === started) child = null;
    });
  }
  const signal = (name: NodeJS.Signals): void => {
    if (child !== null) process.kill(inside.innerPid(child), name);
  };
  start();
  return {
    name: spec.name,
    get running() {
      return child !== null;
    },
    tail: (lines = 30) => readFileSync(log, "utf8").split("\n").slice(-lines).join("\n"),
    async kill() {
      signal("SIGKILL");
      await exit;
    },
    pause: () => signal("SIGSTOP"),
    resume: () => signal("SIGCONT"),
    start,
  };
}
