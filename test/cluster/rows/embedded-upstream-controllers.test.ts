import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, openSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { silentLogger } from "@sandgate/contract";
import { startApiServer, startControllers, startNode } from "@sandgate/embedded";
import { createKubeClient } from "@sandgate/kube";
import { buildRuntime } from "@sandgate/runtime/build";
import type { ConformanceCluster } from "../../conformance/conformance-cluster.ts";
import { EMBEDDED_NODE_EXCEPTIONS } from "../../conformance/exceptions.ts";
import { describeConformance } from "../../conformance/suite.ts";
import { clusterBinaries } from "../binaries/cluster-binaries.ts";
import { CONTROLLER_PARTS } from "../binaries/parts.ts";
import { controllerFlags } from "../cluster/programs/agent-sandbox.ts";

const RELEASE = "v0.5.6";

/** The embedded API server is Kubernetes enough for controller-runtime. */
const open = async (): Promise<ConformanceCluster> => {
  const dataDir = mkdtempSync(join(tmpdir(), "sandgate-conformance-"));
  const parts = CONTROLLER_PARTS.filter((part) => part.version === RELEASE);
  const binaries = await clusterBinaries(parts, (line) => void process.stderr.write(`cluster: ${line}\n`));
  const entry = await buildRuntime();
  const api = await startApiServer({ dataDir, logger: silentLogger });
  const client = createKubeClient(api.access("admin"));
  const nodeClient = createKubeClient(api.access("node"));
  const controllerClient = createKubeClient(api.access("controllers"));
  const node = await startNode({
    client: nodeClient,
    dataDir: join(dataDir, "node"),
    egress: false,
    image: { nodeBinary: process.execPath, entry },
    logger: silentLogger,
  });
  const ours = await startControllers({ client: controllerClient, only: "cluster", logger: silentLogger });
  const log = join(dataDir, "controllers.log");
  const output = openSync(log, "a");
  const controllers = spawn(
    binaries(`agent-sandbox/${RELEASE}/controller`),
    controllerFlags(RELEASE, api.kubeconfigPath),
    { stdio: ["ignore", output, output] },
  );
  const ended = once(controllers, "exit").then(([code]) => code as number | null);
  return {
    client,
    image: "sandgate.dev/runtime:latest",
    patienceMs: 60_000,
    async close() {
      const early = controllers.exitCode;
      controllers.kill("SIGKILL");
      await ended;
      await ours.close();
      await node.close();
      await Promise.all([client, nodeClient, controllerClient].map((one) => one.close()));
      await api.close();
      const said = readFileSync(log, "utf8");
      rmSync(dataDir, { recursive: true, force: true });
      if (early !== null)
        throw new Error(`upstream's controllers ended with ${early}:\n${said.slice(-4000)}`);
    },
  };
};

describeConformance(`embedded API server, upstream's controllers ${RELEASE}, our node`, RELEASE, open, {
  exceptions: EMBEDDED_NODE_EXCEPTIONS,
});
