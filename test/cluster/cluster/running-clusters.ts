/** The clusters of this process that are up: what a failed test is explained with. */

export interface RunningCluster {
  /** Its state folder; the programs' output is in `logs`. */
  readonly folder: string;
  /** Last lines of every program's output. */
  logs(lines?: number): string;
}

const running = new Set<RunningCluster>();

/** In the order they were started. */
export function runningClusters(): readonly RunningCluster[] {
  return [...running];
}

/** @returns Takes it out again, for when the cluster is closed. */
export function addRunningCluster(cluster: RunningCluster): () => void {
  running.add(cluster);
  return () => void running.delete(cluster);
}
