import { existsSync } from "node:fs";
import { hostSystemArguments } from "./host-system.ts";
import type { LaunchOptions } from "./launch.ts";

/** Descriptors in the launched process: 3 and 4 are the terminal helper's, these bubblewrap's. */
const FD_STATUS = 5;
const FD_ARGUMENTS = 6;
export const FD_SECCOMP = 7;

/** The command that reads its options from there. */
export const BUBBLEWRAP = ["bwrap", "--args", String(FD_ARGUMENTS), "--"];

/** An empty folder and an empty file there, to hide things behind. Paths are those after the stage has become the root. */
export const NO_FOLDER = "/no-folder";
export const NO_FILE = "/no-file";

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

/** What bubblewrap is to make of the stage, whose paths these are. */
export function bubblewrapArguments(options: LaunchOptions): string[] {
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
