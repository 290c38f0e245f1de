import { readdirSync } from "node:fs";
import { setTimeout as delay } from "node:timers/promises";
import type { Logger } from "@sandgate/contract";
import { userOf } from "./container/main-process.ts";
import type { Cgroup, Cgroups } from "./isolation/cgroups.ts";

const TRIES = 250;
const TRY_MS = 10;

/**
 * Ends what an earlier process of this data folder left running, and removes its control groups. Pods die with their
 * process; this finds those that had no chance to.
 *
 * @param users - Host users of this data folder's pods: by them processes are known where there are no control groups.
 */
export async function endOrphans(
  cgroups: Cgroups,
  users: ReadonlySet<number>,
  logger: Logger,
): Promise<void> {
  for (const name of cgroups.list()) {
    const group = cgroups.open(name);
    const count = group.pids().length;
    if (count > 0) logger.info("ending processes that an earlier start left behind", { processes: count });
    await endProcesses(group);
    group.remove();
  }
  if (cgroups.unavailable !== null) await endProcesses({ pids: () => processesOf(users) });
}

/** Kills every process of a group and waits until the kernel has let go of them, for a while. */
export async function endProcesses(group: Pick<Cgroup, "pids">): Promise<void> {
  for (let tries = 0; tries < TRIES; tries++) {
    const pids = group.pids();
    if (pids.length === 0) return;
    for (const pid of pids) {
      try {
        process.kill(pid, "SIGKILL");
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code !== "ESRCH") throw error;
      }
    }
    await delay(TRY_MS);
  }
}

function processesOf(users: ReadonlySet<number>): number[] {
  return readdirSync("/proc").flatMap((name) => {
    if (!/^\d+$/.test(name)) return [];
    try {
      const user = userOf(name);
      return user !== null && users.has(user) ? [Number(name)] : [];
    } catch {
      // It has ended while we looked.
      return [];
    }
  });
}
