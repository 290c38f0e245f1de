import { setTimeout as delay } from "node:timers/promises";
import type { Logger } from "@sandgate/contract";
import type { Cgroups } from "./isolation/cgroups.ts";

const TRIES = 50;
const TRY_MS = 20;

/**
 * Ends what an earlier process of this data folder left running, and removes its control groups. Pods die with their
 * process; this finds those that had no chance to.
 */
export async function endOrphans(cgroups: Cgroups, logger: Logger): Promise<void> {
  for (const name of cgroups.list()) {
    const group = cgroups.open(name);
    for (let tries = 0; tries < TRIES; tries++) {
      const pids = group.pids();
      if (pids.length === 0) break;
      if (tries === 0)
        logger.info("ending processes that an earlier start left behind", { processes: pids.length });
      for (const pid of pids) {
        try {
          process.kill(pid, "SIGKILL");
        } catch (error) {
          if ((error as NodeJS.ErrnoException).code !== "ESRCH") throw error;
        }
      }
      await delay(TRY_MS);
    }
    group.remove();
  }
}
