import { writeFileSync } from "node:fs";
import { join } from "node:path";
import type { ConformanceCluster } from "../../conformance/conformance-cluster.ts";
import { RELEASE_EXCEPTIONS } from "../../conformance/exceptions.ts";
import { describeConformance } from "../../conformance/suite.ts";
import type { AgentSandboxRelease } from "../binaries/versions.ts";
import { SANDBOX_IMAGE } from "../cluster/sandbox-image.ts";
import { startCluster, type Cluster } from "../cluster/start-cluster.ts";

/** Runs the suite on a real cluster with upstream's controllers of a release. */
export function describeUpstream(release: AgentSandboxRelease): void {
  const open = async (): Promise<ConformanceCluster> => {
    const cluster = await startCluster({ parts: "node", crds: release, upstreamControllers: true });
    return rowOf(cluster, () => cluster.close());
  };
  describeConformance(`real API server, upstream's controllers ${release}, kubelet`, release, open, {
    exceptions: RELEASE_EXCEPTIONS[release],
    concurrent: true,
  });
}

export function rowOf(cluster: Cluster, close: () => Promise<void>): ConformanceCluster {
  return {
    client: cluster.client,
    image: SANDBOX_IMAGE,
    patienceMs: 60_000,
    giveNext(ip) {
      // The address plugin goes on from the last address it gave.
      const before = ip.replace(/\d+$/, (last) => String(Number(last) - 1));
      writeFileSync(join(cluster.facts.folder, "cni-addresses", "pods", "last_reserved_ip.0"), before);
    },
    close,
  };
}
