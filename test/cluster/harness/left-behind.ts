/** What clusters could leave on the machine outside of their processes. */
import { spawnSync } from "node:child_process";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";

const CGROUPS = "/sys/fs/cgroup";

/** Mount points below a folder, as a process sees them: ourselves by default. */
export function mountsIn(folder: string, pid: number | "self" = "self"): string[] {
  const lines = readFileSync(`/proc/${pid}/mountinfo`, "utf8").split("\n");
  return lines.map((line) => line.split(" ")[4] ?? "").filter((path) => path.startsWith(folder));
}

/** Tables of the packet filter in a process's network namespace: in ours by default. */
export function tables(pid: number | "self" = "self"): string[] {
  const list = ["nft", "list", "tables"];
  const enter = pid === "self" ? [] : ["nsenter", "-t", String(pid), "--net"];
  const { status, stdout, stderr } = spawnSync("env", [...enter, ...list], { encoding: "utf8" });
  if (status !== 0) throw new Error(`${list.join(" ")}: ${stderr}`);
  return stdout.split("\n").filter((line) => line !== "");
}

/** Control groups of containers, in whatever version of them the machine has. */
export function controlGroups(containers: readonly string[]): string[] {
  return [CGROUPS, ...readdirSync(CGROUPS).map((name) => join(CGROUPS, name))]
    .flatMap((hierarchy) => containers.map((container) => join(hierarchy, "k8s.io", container)))
    .filter((group) => existsSync(group));
}

/** Containers that a cluster's containerd runs. */
export function containersOf(folder: string): string[] {
  return readdirSync(join(folder, "containerd", "state", "io.containerd.runtime.v2.task", "k8s.io"));
}
