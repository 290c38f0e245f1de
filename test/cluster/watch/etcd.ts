/** What only etcd itself can be asked. It listens inside the cluster's namespace alone, so programs ask it there. */
import { join } from "node:path";
import { ETCD_URL } from "../cluster/programs/facts.ts";
import type { Cluster } from "../cluster/start-cluster.ts";
import { restoredSandbox, type Restored } from "./restored-sandboxes.ts";
import type { WrittenSandbox } from "./written-sandboxes.ts";

function runInside(cluster: Cluster, program: string, ...args: string[]): void {
  const file = join(import.meta.dirname, "programs", program);
  cluster.namespace.run(process.execPath, [file, ETCD_URL, ...args]);
}

/** Forgets every revision up to now: whoever asks etcd for what changed since an older one gets none of it. */
export function compact(cluster: Cluster): void {
  runInside(cluster, "compact.ts");
}

/** Puts ready sandboxes with their pods into etcd, as from a backup: the API server would take minutes for thousands. */
export function restore(cluster: Cluster, options: Restored): WrittenSandbox[] {
  runInside(cluster, "restore.ts", JSON.stringify(options));
  return Array.from({ length: options.count }, (_, index) => restoredSandbox(index));
}
