/** Set up before every file of the cluster tests: a failed test shows what the programs of its clusters said. */
import { beforeEach } from "vitest";
import { keepLogs } from "./kept-logs.ts";
import { runningClusters } from "./running-clusters.ts";

/** Enough to see which program is in trouble; the whole output is in the copy. */
const LINES = 10;

beforeEach(({ task, onTestFailed }) => {
  // Called while the clusters of `beforeAll` are still up, and also when a hook made the test fail.
  onTestFailed(() => {
    const clusters = runningClusters();
    if (clusters.length === 0) return;
    const folder = keepLogs(clusters, task.name);
    const lines = clusters.map((one) => `cluster: programs of ${one.folder}\n${one.logs(LINES)}\n`);
    process.stderr.write(
      `${lines.join("")}cluster: "${task.name}" failed; the whole logs are in ${folder}\n`,
    );
  });
});
