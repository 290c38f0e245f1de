import { describeConformance } from "../../conformance/suite.ts";
import { startCluster } from "../cluster/start-cluster.ts";
import { SANDBOX_IMAGE } from "../cluster/sandbox-image.ts";

describeConformance("real API server, upstream's controllers v0.5.6, kubelet", async () => {
  const cluster = await startCluster({ parts: "node", crds: "v0.5.6", upstreamControllers: true });
  return { client: cluster.client, image: SANDBOX_IMAGE, patienceMs: 60_000, close: () => cluster.close() };
});
