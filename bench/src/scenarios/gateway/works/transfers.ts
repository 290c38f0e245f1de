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

export const DOWNLOAD = transfer("download", "download of 1 GiB", "download", 1);
export const DOWNLOADS = transfer("downloads", "4 downloads of 256 MiB at once", "download", 4);
export const UPLOAD = transfer("upload", "upload of 1 GiB", "upload", 1);
