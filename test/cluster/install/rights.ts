import type { Cluster } from "../cluster/start-cluster.ts";
import { NAMESPACE } from "./installation.ts";

/** What a ServiceAccount may do beside what everybody may, as `kubectl auth can-i --list` says it. */
export function rightsOf(cluster: Cluster, account: string, namespace = NAMESPACE): string[] {
  const list = (user: string): string[] =>
    cluster
      .kubectl(["auth", "can-i", "--list", "--no-headers", `--as=${user}`, "--as-group=system:authenticated"])
      .split("\n")
      .map((line) => line.trim().replaceAll(/\s+/g, " "));
  const everybody = new Set(list("nobody"));
  return list(`system:serviceaccount:${namespace}:${account}`)
    .filter((line) => line !== "" && !everybody.has(line))
    .toSorted();
}
