import { createHash } from "node:crypto";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";

/** Processes in the control groups of pods of this data folder. */
export function podProcesses(dataDir: string): number[] {
  const id = createHash("sha256").update(join(dataDir, "node")).digest("hex").slice(0, 8);
  return readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name))
    .map(Number)
    .filter((pid) => {
      try {
        return readFileSync(`/proc/${pid}/cgroup`, "utf8").includes(`sandgate-${id}/`);
      } catch {
        return false;
      }
    });
}
