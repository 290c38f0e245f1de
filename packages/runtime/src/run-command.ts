import { spawn } from "node:child_process";
import { existsSync } from "node:fs";

export interface RunOptions {
  command: string;
  cwd: string;
  timeoutMs: number;
  /** Ends the command: the client has gone. */
  signal: AbortSignal;
  /** Takes a piece of output; the stream it came from waits until the promise settles. */
  onOutput: (stream: "stdout" | "stderr", data: Buffer) => Promise<void> | void;
}

export interface RunResult {
  /** The shell's; 124 after a timeout, 128 + the signal's number where one ended it. */
  exitCode: number;
  timedOut: boolean;
}

/** Exit code after a timeout, as coreutils' `timeout` has it. */
const TIMED_OUT = 124;
/** What a killed group may take to close its output before it is taken as closed. */
const CLOSE_GRACE_MS = 200;

const SHELL = existsSync("/bin/bash") ? "/bin/bash" : "/bin/sh";

/**
 * Runs a command in a shell, in a process group of its own. On a timeout or when the client goes the whole group is
 * killed. A process left in the background does not hold up the answer: once the shell has ended, its output is waited for
 * only shortly.
 *
 * @throws Error where the shell cannot be started.
 */
export async function runCommand(options: RunOptions): Promise<RunResult> {
  const child = spawn(SHELL, ["-c", options.command], {
    cwd: options.cwd,
    detached: true,
    stdio: ["ignore", "pipe", "pipe"],
  });
  const kill = (): void => {
    try {
      if (child.pid !== undefined) process.kill(-child.pid, "SIGKILL");
    } catch (error) {
      // The whole group has ended already.
      if ((error as NodeJS.ErrnoException).code !== "ESRCH") throw error;
    }
  };
  let timedOut = false;
  const timer = setTimeout(() => {
    timedOut = true;
    kill();
  }, options.timeoutMs);
  options.signal.addEventListener("abort", kill, { once: true });
  if (options.signal.aborted) kill();

  try {
    const exited = new Promise<{ code: number | null; signal: NodeJS.Signals | null }>((resolve, reject) => {
      child.once("error", reject);
      child.once("exit", (code, signal) => resolve({ code, signal }));
    });
    const output = Promise.all(
      (["stdout", "stderr"] as const).map(async (name) => {
        for await (const chunk of child[name] as AsyncIterable<Buffer>) await options.onOutput(name, chunk);
      }),
    );
    // A stream cut below rejects; what was read by then is the output.
    output.catch(() => {});
    const { code, signal } = await exited;
    const closed = new Promise<void>((resolve) => child.once("close", () => resolve()));
    await Promise.race([output, Promise.all([closed, output]), quiet(child.stdout, child.stderr)]);
    child.stdout.destroy();
    child.stderr.destroy();
    if (timedOut) return { exitCode: TIMED_OUT, timedOut };
    return { exitCode: code ?? 128 + signalNumber(signal), timedOut };
  } finally {
    clearTimeout(timer);
    options.signal.removeEventListener("abort", kill);
  }
}

/** Resolves when neither stream has brought anything for a while although the shell has ended. */
function quiet(...streams: NodeJS.ReadableStream[]): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, CLOSE_GRACE_MS);
    for (const stream of streams) stream.on("data", () => timer.refresh());
  });
}

function signalNumber(signal: NodeJS.Signals | null): number {
  return signal === null ? 0 : (SIGNALS[signal] ?? 0);
}

const SIGNALS: Readonly<Partial<Record<NodeJS.Signals, number>>> = {
  SIGHUP: 1,
  SIGINT: 2,
  SIGQUIT: 3,
  SIGILL: 4,
  SIGTRAP: 5,
  SIGABRT: 6,
  SIGBUS: 7,
  SIGFPE: 8,
  SIGKILL: 9,
  SIGUSR1: 10,
  SIGSEGV: 11,
  SIGUSR2: 12,
  SIGPIPE: 13,
  SIGALRM: 14,
  SIGTERM: 15,
};
