import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { silentLogger } from "@sandgate/contract";
import { startApiServer, startControllers, startNode } from "@sandgate/embedded";
import { createKubeClient } from "@sandgate/kube";
import { buildRuntime } from "@sandgate/runtime/build";
import type { ConformanceCluster } from "./conformance-cluster.ts";
import { EMBEDDED_NODE_EXCEPTIONS } from "./exceptions.ts";
import { LATEST } from "./routing/releases.ts";
import { describeConformance } from "./suite.ts";

/** What `sandgate up` runs. */
const open = async (): Promise<ConformanceCluster> => {
  const dataDir = mkdtempSync(join(tmpdir(), "sandgate-conformance-"));
  const entry = await buildRuntime();
  const api = await startApiServer({ dataDir, logger: silentLogger });
  const client = createKubeClient(api.access("admin"));
  const controllerClient = createKubeClient(api.access("controllers"));
  const nodeClient = createKubeClient(api.access("node"));
  const controllers = await startControllers({ client: controllerClient, logger: silentLogger });
  const node = await startNode({
    client: nodeClient,
    dataDir: join(dataDir, "node"),
    egress: false,
    image: { nodeBinary: process.execPath, entry },
    logger: silentLogger,
  });
  return {
    client,
    image: "sandgate.dev/runtime:latest",
    patienceMs: 30_000,
    async close() {
      await node.close();
      await controllers.close();
      await Promise.all([client, controllerClient, nodeClient].map((one) => one.close()));
      await api.close();
      rmSync(dataDir, { recursive: true, force: true });
    },
  };
};

describeConformance("embedded API server, our controllers, our node", LATEST, open, {
  exceptions: EMBEDDED_NODE_EXCEPTIONS,
});
