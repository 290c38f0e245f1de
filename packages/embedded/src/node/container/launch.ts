import { spawn, type ChildProcess } from "node:child_process";
import { existsSync } from "node:fs";
import type { Duplex, Readable, Writable } from "node:stream";
import { PROGRAM_ENV } from "../run-program.ts";
import { HELPERS, PYTHON } from "../enter/enter-container.ts";
import { hostSystem, hostSystemArguments } from "./host-system.ts";

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

/** Where a container's folders are mounted for bubblewrap, in a mount namespace that nobody else sees. */
const STAGE = "/run/sandgate";
/** An empty folder and an empty file there, to hide things behind. Paths are those after the stage has become the root. */
const NO_FOLDER = "/no-folder";
const NO_FILE = "/no-file";

/** What the machine tells about itself in /proc and no pod has a use for. */
const HIDDEN_FOLDERS = ["acpi", "asound", "driver", "fs", "scsi"];
const HIDDEN_FILES = [
  "cmdline",
  "config.gz",
  "interrupts",
  "kallsyms",
  "kcore",
  "key-users",
  "keys",
  "kmsg",
  "latency_stats",
  "modules",
  "sched_debug",
  "timer_list",
  "timer_stats",
];
/** Where memory is short the kernel takes a pod before it takes Sandgate. */
const OOM_SCORE = 500;

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

/** Descriptors in the launched process: 3 and 4 are the terminal helper's, these bubblewrap's. */
const FD_STATUS = 5;
const FD_ARGUMENTS = 6;
const FD_SECCOMP = 7;

const BUBBLEWRAP = ["bwrap", "--args", String(FD_ARGUMENTS), "--"];

/** A program inside opens the terminal, which is to be the container's own, and then becomes the command. */
function onTerminal(options: LaunchOptions): string[] {
  return [...BUBBLEWRAP, ...PYTHON, "-", ...options.command];
}

function stageScript(options: LaunchOptions): string {
  const { hostUid } = options;
  const lines = [
    "set -e",
    "umask 022",
    `mount -t tmpfs -o mode=0755,size=256k,nosuid,nodev sandgate ${STAGE}`,
    `cd ${STAGE}`,
    "mkdir pod no-folder tmp proc dev host",
    ": > no-file",
    "mount -t proc proc proc",
    "mount --bind /dev dev",
    `mount --bind -- ${quote(options.root)} pod`,
  ];
  for (const { path, link } of hostSystem()) {
    const name = path.slice(1);
    if (link === null) lines.push(`mkdir ${name}`, `mount --bind ${path} ${name}`);
    else lines.push(`ln -s ${quote(link)} ${name}`);
  }
  options.mounts.forEach(({ source, target }, index) => {
    // A file is mounted on a file, a folder on a folder.
    lines.push(
      `if [ -d ${quote(source)} ]; then mkdir m${index}; else : > m${index}; fi`,
      `mount --bind -- ${quote(source)} m${index}`,
    );
    // For the linker's cache.
    if (target === "/etc") lines.push(`ln -s m${index} etc`);
  });
  if (options.tty) lines.push("mkdir helpers", `mount --bind ${quote(HELPERS)} helpers`);
  for (const file of options.joinFiles) lines.push(`echo $$ > ${quote(file)}`);
  lines.push(`echo ${OOM_SCORE} > /proc/self/oom_score_adj`);
  const drop = [
    "prlimit",
    // One byte: the only limit that also keeps a dump from a program of the host's, which the kernel would start as root.
    "--core=1:1",
    // Without control groups this is what bounds a fork bomb.
    ...(options.joinFiles.length === 0 ? [`--nproc=${options.maxProcesses}`] : []),
    "--",
    "setpriv",
    `--reuid=${hostUid}`,
    `--regid=${hostUid}`,
    "--clear-groups",
    "--no-new-privs",
    "--inh-caps=-all",
    "--bounding-set=-all",
  ];
  const program = options.tty ? [...PYTHON, "/helpers/console.py"] : BUBBLEWRAP;
  const inside = [...drop, ...program].map(quote).join(" ");
  const ipv6 = "/proc/sys/net/ipv6/conf/all/disable_ipv6";
  const join = [
    "set -e",
    // Who started this has been killed meanwhile: nobody would ever end the container.
    `[ "$PPID" -eq ${process.pid} ]`,
    // The pod's only network is IPv4; a link-local address would be one that no rule names.
    `[ ! -e ${ipv6} ] || echo 1 > ${ipv6}`,
    // Descriptors that whoever started Sandgate left open are not the container's. 0 to 7 are ours.
    `for fd in /proc/$$/fd/*; do fd=\${fd##*/}; [ "$fd" -le ${FD_SECCOMP} ] || [ "$fd" -eq 255 ] || eval "exec $fd>&-"; done`,
    // Nothing of the host is left to be found: bubblewrap follows links that a pod has put into its volumes.
    `cd ${STAGE}`,
    "pivot_root . host",
    "umount -l /host",
    "cd /",
    // What is the terminal helper's is not for the container to hold.
    `exec ${inside}${options.tty ? "" : ' "$@" 3<&- 4<&-'}`,
  ].join("\n");
  lines.push(
    `exec nsenter --net=${quote(options.networkNamespace)} -- bash --norc --noprofile -c ${quote(join)} bash "$@"`,
  );
  return lines.join("\n");
}

function bubblewrapArguments(options: LaunchOptions): string[] {
  const args = [
    "--unshare-user",
    "--unshare-pid",
    "--unshare-ipc",
    "--unshare-uts",
    "--unshare-cgroup-try",
    "--disable-userns",
    "--die-with-parent",
    "--cap-drop",
    "ALL",
    "--uid",
    String(options.uid),
    "--gid",
    String(options.gid),
    "--hostname",
    options.hostname,
    "--json-status-fd",
    String(FD_STATUS),
    "--seccomp",
    String(FD_SECCOMP),
    "--bind",
    "/pod",
    "/",
    ...hostSystemArguments(),
    "--proc",
    "/proc",
    "--dev",
    "/dev",
  ];
  for (const name of HIDDEN_FOLDERS.filter((one) => existsSync(`/proc/${one}`)))
    args.push("--ro-bind", NO_FOLDER, `/proc/${name}`);
  for (const name of HIDDEN_FILES.filter((one) => existsSync(`/proc/${one}`)))
    args.push("--ro-bind", NO_FILE, `/proc/${name}`);
  // With a terminal a session is made inside.
  if (!options.tty) args.push("--new-session");
  for (const { target, sizeBytes } of options.tmpfs) {
    args.push(...(sizeBytes === null ? [] : ["--size", String(sizeBytes)]), "--tmpfs", target);
  }
  // A mount inside of another comes after it, whatever the order in the pod.
  const inOrder = options.mounts
    .map((mount, index) => ({ mount, index, depth: mount.target.split("/").filter(Boolean).length }))
    .toSorted((a, b) => a.depth - b.depth);
  for (const { mount, index } of inOrder) {
    args.push(mount.readOnly ? "--ro-bind" : "--bind", `/m${index}`, mount.target);
  }
  // As container runtimes do: a working folder that is missing is made.
  args.push("--dir", options.workingDir);
  if (options.readOnlyRoot) args.push("--remount-ro", "/");
  args.push("--clearenv", "--chdir", options.workingDir);
  for (const [name, value] of options.environment) args.push("--setenv", name, value);
  return args;
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

/** A word for sh. */
export function quote(text: string): string {
  return /^[\w@%+=:,./-]+$/.test(text) ? text : `'${text.replaceAll("'", String.raw`'\''`)}'`;
}
