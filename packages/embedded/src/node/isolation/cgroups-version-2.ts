import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import {
  CONTROLLERS,
  countsKill,
  CPU_PERIOD,
  cpuQuota,
  groupsIn,
  limitSwap,
  makeGroup,
  readPids,
  removeGroup,
} from "./cgroup-files.ts";
import type { Cgroup, Cgroups } from "./cgroups.ts";

/**
 * One tree: the group `parent`, and below it one for each container. A controller that is switched off, as that of memory is on
 * some boards, or was not given to the container this runs in, leaves the others at work.
 *
 * @param root - Where the tree is mounted.
 * @throws Error where no groups can be made, or without a bound on processes.
 */
export function openVersion2(root: string, parent: string): Cgroups {
  const offered = readFileSync(join(root, "cgroup.controllers"), "utf8").trim().split(" ");
  const missing = CONTROLLERS.filter((controller) => !offered.includes(controller));
  const there = CONTROLLERS.filter((controller) => offered.includes(controller));
  const lack = `cgroup version 2 offers no controller for ${missing.join(", ")} here`;
  if (missing.includes("pids")) throw new Error(lack);
  const group = join(root, parent);
  makeGroup(group);
  try {
    const enable = there.map((controller) => `+${controller}`).join(" ");
    for (const folder of [root, group]) turnOn(join(folder, "cgroup.subtree_control"), enable);
  } catch (error) {
    removeGroup(group);
    throw error;
  }
  const open = (name: string): Cgroup => ({
    joinFiles: [join(group, name, "cgroup.procs")],
    wasOutOfMemory: () => countsKill(join(group, name, "memory.events")),
    pids: () => readPids(join(group, name, "cgroup.procs")),
    remove: () => removeGroup(join(group, name)),
  });
  return {
    unavailable: missing.length === 0 ? null : `${lack}; those of ${there.join(" and ")} are`,
    create(name, limits) {
      const folder = join(group, name);
      mkdirSync(folder, { recursive: true });
      if (limits.memoryBytes !== null && !missing.includes("memory")) {
        writeFileSync(join(folder, "memory.max"), String(limits.memoryBytes));
        limitSwap(join(folder, "memory.swap.max"), "0");
      }
      if (limits.cpuMillis !== null && !missing.includes("cpu")) {
        writeFileSync(join(folder, "cpu.max"), `${cpuQuota(limits.cpuMillis)} ${CPU_PERIOD}`);
      }
      writeFileSync(join(folder, "pids.max"), String(limits.pids));
      return open(name);
    },
    list: () => groupsIn(group),
    open,
    close: () => removeGroup(group),
  };
}

function turnOn(path: string, controllers: string): void {
  try {
    writeFileSync(path, controllers);
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    const why =
      code === "EBUSY"
        ? "processes are in the group itself, as in a container; they have to be moved into one below it"
        : message;
    throw new Error(`cgroup controllers cannot be turned on in ${path}: ${why}`, { cause: error });
  }
}
