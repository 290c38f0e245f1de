import { silentLogger } from "@sandgate/contract";
import { startControllers } from "@sandgate/embedded";
import { createKubeClient, loadKubeconfig } from "@sandgate/kube";
import type { ConformanceCluster } from "../../conformance/conformance-cluster.ts";
import { LATEST } from "../../conformance/routing/releases.ts";
import { describeConformance } from "../../conformance/suite.ts";
import { startCluster } from "../cluster/start-cluster.ts";
import { rowOf } from "./real-row.ts";

/** Our controllers are honest clients: nothing in them leans on the embedded API server. */
const open = async (): Promise<ConformanceCluster> => {
  const cluster = await startCluster({ parts: "node", crds: LATEST });
  const client = createKubeClient(await loadKubeconfig({ path: cluster.kubeconfig, env: {} }));
  const controllers = await startControllers({ client, only: "agent-sandbox", logger: silentLogger });
  return rowOf(cluster, async () => {
    await controllers.close();
    await client.close();
    await cluster.close();
  });
};

describeConformance("real API server, our controllers, kubelet", LATEST, open, { concurrent: true });
