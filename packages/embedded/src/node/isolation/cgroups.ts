import { existsSync, mkdirSync, readdirSync, readFileSync, rmdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";

export interface Limits {
  memoryBytes: number | null;
  /** Thousandths of a core. */
  cpuMillis: number | null;
  pids: number;
}

/** The control group of one container. */
export interface Cgroup {
  /** Files into which a process writes its pid to join. */
  readonly joinFiles: readonly string[];
  /** Whether the kernel has killed a process here for want of memory. */
  wasOutOfMemory(): boolean;
  /** Processes in it now. */
  pids(): number[];
  /** Removes it; its processes have to be gone. */
  remove(): void;
}

export interface Cgroups {
  /** Null where limits can be enforced, else why not. */
  readonly unavailable: string | null;
  create(name: string, limits: Limits): Cgroup;
  /** Names of groups that are there, also those of an earlier process. */
  list(): string[];
  /** A group that is there already. */
  open(name: string): Cgroup;
  /** Removes the group that held them, if it is empty. */
  close(): void;
}

const ROOT = "/sys/fs/cgroup";
const CONTROLLERS = ["memory", "cpu", "pids"] as const;
const CPU_PERIOD_US = 100_000;

/**
 * Control groups under `sandgate-<id>`: version 2 where the machine has it, else version 1.
 *
 * @param id - Of the data folder, so that several can run at once.
 */
export function openCgroups(id: string): Cgroups {
  const parent = `sandgate-${id}`;
  if (existsSync(join(ROOT, "cgroup.controllers"))) return version2(join(ROOT, parent));
  const missing = CONTROLLERS.filter((controller) => !existsSync(join(ROOT, controller, "cgroup.procs")));
  if (missing.length > 0) return none(`the cgroup controllers ${missing.join(", ")} are not mounted`);
  return version1(parent);
}

function version1(parent: string): Cgroups {
  const folder = (controller: string, name: string): string => join(ROOT, controller, parent, name);
  const open = (name: string): Cgroup => ({
    joinFiles: CONTROLLERS.map((controller) => join(folder(controller, name), "cgroup.procs")),
    wasOutOfMemory: () =>
      /^oom_kill [1-9]/m.test(readOr(join(folder("memory", name), "memory.oom_control"), "")),
    pids: () => readPids(join(folder("pids", name), "cgroup.procs")),
    remove: () => CONTROLLERS.forEach((controller) => removeFolder(folder(controller, name))),
  });
  return {
    unavailable: tryMake(() =>
      CONTROLLERS.forEach((controller) => mkdirSync(join(ROOT, controller, parent), { recursive: true })),
    ),
    create(name, limits) {
      for (const controller of CONTROLLERS) mkdirSync(folder(controller, name), { recursive: true });
      if (limits.memoryBytes !== null) {
        writeFileSync(join(folder("memory", name), "memory.limit_in_bytes"), String(limits.memoryBytes));
        withoutSwap(join(folder("memory", name), "memory.memsw.limit_in_bytes"), String(limits.memoryBytes));
      }
      if (limits.cpuMillis !== null) {
        writeFileSync(join(folder("cpu", name), "cpu.cfs_period_us"), String(CPU_PERIOD_US));
        writeFileSync(join(folder("cpu", name), "cpu.cfs_quota_us"), String(quota(limits.cpuMillis)));
      }
      writeFileSync(join(folder("pids", name), "pids.max"), String(limits.pids));
      return open(name);
    },
    list: () => foldersIn(join(ROOT, "pids", parent)),
    open,
    close: () => CONTROLLERS.forEach((controller) => removeFolder(join(ROOT, controller, parent))),
  };
}

function version2(parent: string): Cgroups {
  const open = (name: string): Cgroup => ({
    joinFiles: [join(parent, name, "cgroup.procs")],
    wasOutOfMemory: () => /^oom_kill [1-9]/m.test(readOr(join(parent, name, "memory.events"), "")),
    pids: () => readPids(join(parent, name, "cgroup.procs")),
    remove: () => removeFolder(join(parent, name)),
  });
  return {
    unavailable: tryMake(() => {
      mkdirSync(parent, { recursive: true });
      const enable = CONTROLLERS.map((controller) => `+${controller}`).join(" ");
      writeFileSync(join(ROOT, "cgroup.subtree_control"), enable);
      writeFileSync(join(parent, "cgroup.subtree_control"), enable);
    }),
    create(name, limits) {
      mkdirSync(join(parent, name), { recursive: true });
      if (limits.memoryBytes !== null) {
        writeFileSync(join(parent, name, "memory.max"), String(limits.memoryBytes));
        withoutSwap(join(parent, name, "memory.swap.max"), "0");
      }
      if (limits.cpuMillis !== null)
        writeFileSync(join(parent, name, "cpu.max"), `${quota(limits.cpuMillis)} ${CPU_PERIOD_US}`);
      writeFileSync(join(parent, name, "pids.max"), String(limits.pids));
      return open(name);
    },
    list: () => foldersIn(parent),
    open,
    close: () => removeFolder(parent),
  };
}

/** A memory limit is one of memory and swap together, where the kernel counts swap. */
function withoutSwap(path: string, value: string): void {
  if (existsSync(path)) writeFileSync(path, value);
}

/** Where there are no control groups a pod runs without limits, and the node's condition says so. */
function none(why: string): Cgroups {
  const empty: Cgroup = { joinFiles: [], wasOutOfMemory: () => false, pids: () => [], remove() {} };
  return { unavailable: why, create: () => empty, list: () => [], open: () => empty, close() {} };
}

function tryMake(make: () => void): string | null {
  try {
    make();
    return null;
  } catch (error) {
    return `control groups cannot be made: ${(error as Error).message}`;
  }
}

function quota(cpuMillis: number): number {
  // The kernel takes no quota below a millisecond.
  return Math.max(1_000, Math.round((cpuMillis * CPU_PERIOD_US) / 1000));
}

function readPids(path: string): number[] {
  return readOr(path, "")
    .split("\n")
    .filter((line) => line !== "")
    .map(Number);
}

function readOr(path: string, otherwise: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return otherwise;
  }
}

function foldersIn(path: string): string[] {
  if (!existsSync(path)) return [];
  return readdirSync(path, { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .map((entry) => entry.name);
}

function removeFolder(path: string): void {
  try {
    rmdirSync(path);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    // EBUSY: a process has not been reaped yet; the next start removes what is left.
    if (code !== "ENOENT" && code !== "EBUSY") throw error;
  }
}
