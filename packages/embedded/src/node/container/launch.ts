import { spawn, type ChildProcess } from "node:child_process";
import type { Duplex, Readable, Writable } from "node:stream";
import { PYTHON } from "../enter/enter-container.ts";
import { PROGRAM_ENV } from "../run-program.ts";
import { BUBBLEWRAP, bubblewrapArguments } from "./bubblewrap-arguments.ts";
import { stageScript } from "./stage-script.ts";

/** Something of the host that a container sees. */
export interface Mount {
  /** Path on the host, no part of which a pod can change. */
  source: string;
  /** Path in the container. */
  target: string;
  readOnly: boolean;
}

export interface LaunchOptions {
  /** Folder on the host that becomes `/`. */
  root: string;
  mounts: readonly Mount[];
  /** Memory file systems: path in the container, and size where it is limited. */
  tmpfs: readonly { target: string; sizeBytes: number | null }[];
  hostname: string;
  networkNamespace: string;
  joinFiles: readonly string[];
  /** Unprivileged user on the host. */
  hostUid: number;
  /** User and group that the container sees itself as. */
  uid: number;
  gid: number;
  environment: readonly (readonly [string, string])[];
  workingDir: string;
  command: readonly string[];
  seccomp: Buffer;
  readOnlyRoot: boolean;
  stdin: boolean;
  /** Descriptors for the container's output. */
  output: readonly [number, number];
  /** Runs the command on a terminal. */
  tty: boolean;
  /** Bound on processes where there are no control groups. */
  maxProcesses: number;
}

/**
 * A zero byte would end an argument early and make what follows an option of bubblewrap's: `--bind / /host`, say.
 *
 * @throws Error that names what holds one.
 */
export function refuseZeroBytes(
  options: Pick<LaunchOptions, "environment" | "command" | "workingDir" | "mounts" | "hostname">,
): void {
  const check = (what: string, text: string): void => {
    if (text.includes("\0")) throw new Error(`${what} holds a zero byte`);
  };
  for (const [name, value] of options.environment) {
    check(`the name of an environment variable`, name);
    check(`the environment variable ${name}`, value);
  }
  options.command.forEach((word, index) => check(`word ${index + 1} of the command`, word));
  check("the working folder", options.workingDir);
  check("the host name", options.hostname);
  for (const { target } of options.mounts) check("the path of a mount", target);
}

/** A container's process as it runs. */
export interface Launched {
  readonly process: ChildProcess;
  readonly stdin: Writable | null;
  /** Tells the terminal its size, in characters. */
  resize(width: number, height: number): void;
  /** Host pid of the first process in the container's pid namespace. */
  readonly initPid: Promise<number>;
  readonly exited: Promise<{ exitCode: number }>;
}

/**
 * Starts a container. Root does three things and then is gone for good: it mounts the pod's folders and the host's
 * programs, and nothing else, as the root of a private mount namespace, joins the pod's network namespace, and joins the control group. Then
 * it becomes the pod's own host user, without any capability, and only then starts bubblewrap: started as root, bubblewrap
 * would leave the pod's processes uid 0 of the host.
 *
 * Options go to bubblewrap over a pipe, not its command line, which every user of the host can read.
 */
export function launch(options: LaunchOptions): Launched {
  refuseZeroBytes(options);
  const bubblewrapOptions = bubblewrapArguments(options);
  // The command as words of its own: a script would have to be quoted into the script around it, twice.
  const child = spawn(
    "unshare",
    ["--mount", "--propagation", "private", "--", "sh", "-c", stageScript(options), "sh", ...options.command],
    {
      cwd: "/",
      env: PROGRAM_ENV,
      stdio: [options.stdin ? "pipe" : "ignore", ...options.output, "pipe", "pipe", "pipe", "pipe", "pipe"],
    },
  );
  const [stdin, , , request, sizes, status, args, seccomp] = child.stdio as unknown as [
    Writable | null,
    unknown,
    unknown,
    Duplex,
    Duplex,
    Duplex,
    Duplex,
    Duplex,
  ];
  // Whoever ends early breaks these pipes; its exit says why.
  for (const pipe of [stdin, request, sizes, status, args, seccomp]) pipe?.on("error", () => {});
  args.end(`${bubblewrapOptions.join("\0")}\0`);
  seccomp.end(options.seccomp);
  request.end(options.tty ? JSON.stringify({ argv: onTerminal(options), input: options.stdin }) : "");
  const exited = new Promise<{ exitCode: number }>((resolve) => {
    child.once("error", () => resolve({ exitCode: 128 }));
    child.once("exit", (code, signal) => resolve({ exitCode: code ?? (signal === "SIGKILL" ? 137 : 143) }));
  });
  return {
    process: child,
    stdin,
    resize: (width, height) => void sizes.write(`${width} ${height}\n`),
    initPid: readInitPid(status, exited),
    exited,
  };
}

/** A program inside opens the terminal, which is to be the container's own, and then becomes the command. */
function onTerminal(options: LaunchOptions): string[] {
  return [...BUBBLEWRAP, ...PYTHON, "-", ...options.command];
}

/** bubblewrap writes JSON documents; the first holds the pid. It may arrive in pieces. */
function readInitPid(status: Readable, exited: Promise<unknown>): Promise<number> {
  const pid = new Promise<number>((resolve, reject) => {
    let text = "";
    status.setEncoding("utf8").on("data", (piece: string) => {
      text += piece;
      const match = /"child-pid":\s*(\d+)/.exec(text);
      if (match?.[1] !== undefined) resolve(Number(match[1]));
    });
    void exited.then(() => reject(new Error("the container ended before it began")));
  });
  // Not everybody asks for it.
  pid.catch(() => {});
  return pid;
}
