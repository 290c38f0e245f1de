import { spawn } from "node:child_process";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { Duplex, Readable, Writable } from "node:stream";
import type { ContainerProcess, ProcessOptions } from "../kubelet/pod-access.ts";
import { PROGRAM_ENV } from "../run-program.ts";

/** The folder of the helpers in Python, with a slash at its end. */
export const HELPERS = fileURLToPath(new URL(".", import.meta.url));
/** Those that a container with a terminal needs; the first is the program. */
export const CONSOLE_FILES = ["console.py", "kernel.py", "relay.py", "terminal.py"] as const;
/** Isolated from the environment and from packages that the machine's owner has added; leaves no compiled files behind. */
export const PYTHON = ["/usr/bin/python3", "-I", "-S", "-B"] as const;

/** A container that runs, as far as joining it goes. */
export interface EnterTarget {
  /** Host pid of a process in the container. */
  pid: number;
  uid: number;
  gid: number;
  hostUid: number;
  joinFiles: readonly string[];
  seccomp: Buffer;
  environment: readonly (readonly [string, string])[];
  workingDir: string;
}

/** Starts a command in the container. Its isolation is that of the container's own processes. */
export function enterContainer(
  target: EnterTarget,
  command: readonly string[],
  options: ProcessOptions,
): ContainerProcess {
  const [python, ...isolated] = PYTHON;
  const child = spawn(python, [...isolated, join(HELPERS, "enter.py")], {
    cwd: "/",
    env: PROGRAM_ENV,
    stdio: [options.stdin ? "pipe" : "ignore", "pipe", "pipe", "pipe", "pipe"],
  });
  const [stdin, stdout, stderr, request, sizes] = child.stdio as unknown as [
    Writable | null,
    Readable,
    Readable,
    Duplex,
    Duplex,
  ];
  for (const stream of [stdin, request, sizes]) stream?.on("error", () => {});
  request.end(
    JSON.stringify({
      argv: command,
      env: Object.fromEntries(options.tty ? [["TERM", "xterm"], ...target.environment] : target.environment),
      cwd: target.workingDir,
      tty: options.tty,
      input: options.stdin,
      enter: {
        pid: target.pid,
        uid: target.uid,
        gid: target.gid,
        hostUid: target.hostUid,
        cgroups: target.joinFiles,
        seccomp: target.seccomp.toString("base64"),
      },
    }),
  );
  const exited = new Promise<{ exitCode: number }>((resolve, reject) => {
    child.once("error", (error) => reject(new Error(`${python} cannot be started: ${error.message}`)));
    child.once("exit", (code) => resolve({ exitCode: code ?? 137 }));
  });
  // A caller that has gone does not wait for it.
  exited.catch(() => {});
  if (!options.stdout) stdout.resume();
  if (!options.stderr || options.tty) stderr.resume();
  return {
    stdin,
    stdout: options.stdout ? stdout : null,
    stderr: options.stderr && !options.tty ? stderr : null,
    exited,
    resize: (width, height) => void sizes.write(`${width} ${height}\n`),
    // Its end is the command's: the kernel kills the command when the helper goes.
    release: () => void child.kill("SIGKILL"),
  };
}
