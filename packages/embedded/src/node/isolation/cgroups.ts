import { existsSync } from "node:fs";
import { join } from "node:path";
import { openVersion1 } from "./cgroups-version-1.ts";
import { openVersion2 } from "./cgroups-version-2.ts";

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
  /** Null where every limit can be enforced, else which cannot, and why. */
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

/**
 * Control groups under `sandgate-<id>`: version 2 where the machine has it, else version 1. Where neither can be written, none: pods
 * then run without limits.
 *
 * @param id - Of the data folder, so that several can run at once.
 * @param root - Where control groups are mounted.
 */
export function openCgroups(id: string, root: string = ROOT): Cgroups {
  const open = existsSync(join(root, "cgroup.controllers")) ? openVersion2 : openVersion1;
  try {
    return open(root, `sandgate-${id}`);
  } catch (error) {
    return none((error as Error).message);
  }
}

/** Where there are no control groups a pod runs without limits, and the node's condition says so. */
function none(unavailable: string): Cgroups {
  const empty: Cgroup = { joinFiles: [], wasOutOfMemory: () => false, pids: () => [], remove() {} };
  return { unavailable, create: () => empty, list: () => [], open: () => empty, close() {} };
}
