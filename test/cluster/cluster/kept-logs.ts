/** Logs of failed tests outlive their clusters here, the newest of them. */
import { cpSync, mkdirSync, readdirSync, rmSync } from "node:fs";
import { basename, join } from "node:path";
import type { RunningCluster } from "./running-clusters.ts";
import { cacheFolder } from "../../../scripts/cache-folder.ts";

const KEPT = 10;
const NAME_LENGTH = 80;

/**
 * Copies the logs of clusters, one folder for each, and removes all but the newest ten such copies.
 *
 * @param name - What failed; becomes part of the folder's name.
 * @param cache - Folder of what is kept between runs.
 * @returns The folder: `<cache>/cluster-logs/<time>-<name>`.
 */
export function keepLogs(clusters: readonly RunningCluster[], name: string, cache = cacheFolder()): string {
  const all = join(cache, "cluster-logs");
  const time = new Date().toISOString().replaceAll(/[:.]/g, "-");
  const words = name.toLowerCase().replaceAll(/[^a-z0-9]+/g, "-");
  const folder = join(all, `${time}-${words.slice(0, NAME_LENGTH)}`);
  mkdirSync(folder, { recursive: true });
  for (const cluster of clusters) {
    cpSync(join(cluster.folder, "logs"), join(folder, basename(cluster.folder)), { recursive: true });
  }
  // Names begin with the time, in a form that sorts.
  const old = readdirSync(all).toSorted().slice(0, -KEPT);
  for (const one of old) rmSync(join(all, one), { recursive: true, force: true });
  return folder;
}
