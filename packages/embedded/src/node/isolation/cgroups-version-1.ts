import { existsSync, mkdirSync, writeFileSync } from "node:fs";
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
 * A tree for each controller, in each of them a group `parent` and below it one for each container.
 *
 * @param root - Folder with a mount for each controller.
 * @throws Error where no groups can be made.
 */
export function openVersion1(root: string, parent: string): Cgroups {
  const missing = CONTROLLERS.filter((controller) => !existsSync(join(root, controller, "cgroup.procs")));
  if (missing.length > 0) throw new Error(`the cgroup controllers ${missing.join(", ")} are not mounted`);
  for (const controller of CONTROLLERS) makeGroup(join(root, controller, parent));
  const folder = (controller: string, name: string): string => join(root, controller, parent, name);
  const open = (name: string): Cgroup => ({
    joinFiles: CONTROLLERS.map((controller) => join(folder(controller, name), "cgroup.procs")),
    wasOutOfMemory: () => countsKill(join(folder("memory", name), "memory.oom_control")),
    pids: () => readPids(join(folder("pids", name), "cgroup.procs")),
    remove: () => CONTROLLERS.forEach((controller) => removeGroup(folder(controller, name))),
  });
  return {
    unavailable: null,
    create(name, limits) {
      for (const controller of CONTROLLERS) mkdirSync(folder(controller, name), { recursive: true });
      if (limits.memoryBytes !== null) {
        writeFileSync(join(folder("memory", name), "memory.limit_in_bytes"), String(limits.memoryBytes));
        limitSwap(join(folder("memory", name), "memory.memsw.limit_in_bytes"), String(limits.memoryBytes));
      }
      if (limits.cpuMillis !== null) {
        writeFileSync(join(folder("cpu", name), "cpu.cfs_period_us"), String(CPU_PERIOD));
        writeFileSync(join(folder("cpu", name), "cpu.cfs_quota_us"), String(cpuQuota(limits.cpuMillis)));
      }
      writeFileSync(join(folder("pids", name), "pids.max"), String(limits.pids));
      return open(name);
    },
    list: () => groupsIn(join(root, "pids", parent)),
    open,
    close: () => CONTROLLERS.forEach((controller) => removeGroup(join(root, controller, parent))),
  };
}
