import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { silentLogger } from "@sandgate/contract";
import { startApiServer, startControllers } from "@sandgate/embedded";
import { createKubeClient } from "@sandgate/kube";
import { startScriptedNode } from "./scripted-node.ts";
import type { ConformanceCluster } from "./conformance-cluster.ts";
import { LATEST } from "./routing/releases.ts";
import { describeConformance } from "./suite.ts";

const IMAGE = "sandgate.dev/runtime:latest";

/** The controllers by themselves: the node only says what a kubelet would. */
const open = async (): Promise<ConformanceCluster> => {
  const dataDir = mkdtempSync(join(tmpdir(), "sandgate-conformance-"));
  const api = await startApiServer({ dataDir, logger: silentLogger });
  const client = createKubeClient(api.access("admin"));
  const controllerClient = createKubeClient(api.access("controllers"));
  const controllers = await startControllers({ client: controllerClient, logger: silentLogger });
  const node = await startScriptedNode({ client, image: IMAGE, schedules: false });
  return {
    client,
    image: IMAGE,
    patienceMs: 20_000,
    async close() {
      await node.close();
      await controllers.close();
      await Promise.all([client.close(), controllerClient.close()]);
      await api.close();
      rmSync(dataDir, { recursive: true, force: true });
    },
  };
};

describeConformance("embedded API server, our controllers, a scripted node", LATEST, open, { routed: false });
