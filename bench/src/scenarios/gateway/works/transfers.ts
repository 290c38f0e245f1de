import { runGenerator } from "../load/generator.ts";
import type { TransferTask } from "../load/transfer-process.ts";
import { spread } from "../sandboxes.ts";
import { targetsOf, type Work } from "./work.ts";

const MIB = 2 ** 20;

function transfer(
  name: string,
  title: string,
  direction: TransferTask["direction"],
  connections: number,
): Work {
  return {
    name,
    title,
    unit: "MiB",
    comparedBy: "rate",
    async run(candidate, { bytes }, meter) {
      const there =
        direction === "download"
          ? targetsOf(candidate, spread(candidate.sandboxes, "answering", connections), "/large", connections)
          : targetsOf(candidate, spread(candidate.sandboxes, "looking", connections), "/sink", connections);
      const task: TransferTask = { direction, targets: there, bytes: bytes / connections };
      const load = await runGenerator("transfer-process.ts", { ...task }, meter);
      return { ...load, count: load.count / MIB };
    },
  };
}

export const DOWNLOAD = transfer("download", "large download", "download", 1);
export const DOWNLOADS = transfer("downloads", "the same in four at once", "download", 4);
export const UPLOAD = transfer("upload", "large upload", "upload", 1);
