import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmdirSync,
  statSync,
  writeFileSync,
} from "node:fs";

/** What a container's limits need, in either version. */
export const CONTROLLERS = ["memory", "cpu", "pids"] as const;
/** In microseconds; a quota is a share of it. */
export const CPU_PERIOD = 100_000;

/** Microseconds of every period. */
export function cpuQuota(cpuMillis: number): number {
  // The kernel takes no quota below a millisecond.
  return Math.max(1_000, Math.round((cpuMillis * CPU_PERIOD) / 1000));
}

/** A memory limit is one of memory and swap together, where the kernel counts swap. */
export function limitSwap(path: string, value: string): void {
  if (existsSync(path)) writeFileSync(path, value);
}

/** @throws Error that says what the node cannot do, with the kernel's reason. */
export function makeGroup(path: string): void {
  try {
    // Not `recursive`, which calls a read-only file system a folder that is not there.
    mkdirSync(path);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "EEXIST" && statSync(path).isDirectory()) return;
    throw new Error(`control groups cannot be made: ${(error as Error).message}`, { cause: error });
  }
}

/** From a file `cgroup.procs`; none where it is not there. */
export function readPids(path: string): number[] {
  return readOr(path, "")
    .split("\n")
    .filter((line) => line !== "")
    .map(Number);
}

/** From `memory.events` or `memory.oom_control`, whose counters are lines. */
export function countsKill(path: string): boolean {
  return /^oom_kill [1-9]/m.test(readOr(path, ""));
}

export function groupsIn(path: string): string[] {
  if (!existsSync(path)) return [];
  return readdirSync(path, { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .map((entry) => entry.name);
}

export function removeGroup(path: string): void {
  try {
    rmdirSync(path);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    // EBUSY: a process has not been reaped yet; the next start removes what is left.
    if (code !== "ENOENT" && code !== "EBUSY") throw error;
  }
}

function readOr(path: string, otherwise: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return otherwise;
  }
}
