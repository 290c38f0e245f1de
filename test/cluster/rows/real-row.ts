import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { AGENT_SANDBOX_RELEASES } from "../binaries/versions.ts";
import { dialectOf } from "../../conformance/routing/dialect.ts";
import type { RoutedCluster } from "../../conformance/routing/routed-scenario.ts";
import type { ConformanceCluster } from "../../conformance/conformance-cluster.ts";
import { SANDBOX_IMAGE } from "../cluster/sandbox-image.ts";
import { startCluster, type Cluster } from "../cluster/start-cluster.ts";

type Release = (typeof AGENT_SANDBOX_RELEASES)[number];

const PATIENCE_MS = 60_000;

/** A real cluster with upstream's controllers of a release. */
export function upstreamCluster(release: Release): Promise<Cluster> {
  return startCluster({ parts: "node", crds: release, upstreamControllers: true });
}

export function conformanceOf(cluster: Cluster, close: () => Promise<void>): ConformanceCluster {
  return { client: cluster.client, image: SANDBOX_IMAGE, patienceMs: PATIENCE_MS, close };
}

export function routedOf(cluster: Cluster, release: Release, close: () => Promise<void>): RoutedCluster {
  return {
    client: cluster.client,
    dialect: dialectOf(release),
    image: SANDBOX_IMAGE,
    patienceMs: PATIENCE_MS,
    giveNext(ip) {
      // The address plugin goes on from the last address it gave.
      const before = ip.replace(/\d+$/, (last) => String(Number(last) - 1));
      writeFileSync(join(cluster.facts.folder, "cni-addresses", "pods", "last_reserved_ip.0"), before);
    },
    close,
  };
}
