import { silentLogger } from "@sandgate/contract";
import { startControllers } from "@sandgate/embedded";
import { createKubeClient, loadKubeconfig } from "@sandgate/kube";
import { describeConformance } from "../../conformance/suite.ts";
import { startCluster } from "../cluster/start-cluster.ts";
import { rowOf } from "./real-row.ts";

/** Our controllers are honest clients: nothing in them leans on the embedded API server. */
describeConformance("real API server, our controllers, kubelet", async () => {
  const cluster = await startCluster({ parts: "node", crds: "v0.5.6" });
  const client = createKubeClient(await loadKubeconfig({ path: cluster.kubeconfig, env: {} }));
  const controllers = await startControllers({ client, only: "agent-sandbox", logger: silentLogger });
  return rowOf(cluster, async () => {
    await controllers.close();
    await client.close();
    await cluster.close();
  });
});
