import { existsSync } from "node:fs";
import { join } from "node:path";
import type { Logger } from "@sandgate/contract";
import { openCgroups } from "./isolation/cgroups.ts";
import { holdSocket, isAnswered, SOCKET } from "./kubelet/kubelet-socket.ts";
import { removePodNetwork } from "./network/remove-pod-network.ts";
import { endOrphans } from "./orphans.ts";
import { idOf, isRunning, readOwners, removeOwner, type Owner } from "./owner-record.ts";

/**
 * Removes from the machine what nodes have left there that were killed and whose folder was then deleted: no start of their
 * own will do it. What belongs to a process that runs, or to a folder that is there, is not touched.
 */
export async function clearLeftovers(runFolder: string, logger: Logger): Promise<void> {
  for (const owner of readOwners(runFolder)) {
    if (existsSync(owner.dataDir) || isRunning(owner)) continue;
    try {
      await clear(runFolder, owner, logger);
    } catch (error) {
      logger.warn("what a killed node left behind could not be removed", {
        dataDir: owner.dataDir,
        error: (error as Error).message,
      });
    }
  }
}

async function clear(runFolder: string, owner: Owner, logger: Logger): Promise<void> {
  const id = idOf(owner.dataDir);
  const folder = join(runFolder, id);
  // The process may be another container's, which sees other numbers: a node that lives answers on its socket.
  if (await isAnswered(join(folder, SOCKET))) return;
  // Nobody starts on this folder meanwhile.
  const held = await holdSocket(folder);
  try {
    const cgroups = openCgroups(id);
    await endOrphans(cgroups, new Set(), logger);
    cgroups.close();
    await removePodNetwork(id);
    removeOwner(runFolder, id);
  } finally {
    await held.close();
  }
  logger.info("removed what a killed node had left behind", { dataDir: owner.dataDir });
}
