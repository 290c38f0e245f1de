/** agent-sandbox's own client, controllers and CRDs on a real cluster; of ours only what stands in the place of its router. */
import { GATEWAY_KEYS, loadConfig, silentLogger } from "@sandgate/contract";
import { loadKubeconfig } from "@sandgate/kube";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { runGateway, type RunningGateway } from "../../packages/cli/src/up/run-gateway.ts";
import { installPythonClient, PYTHON_CLIENTS, runSession, SEEN } from "../e2e/client-python/python-client.ts";
import { SANDBOX_IMAGE } from "./cluster/sandbox-image.ts";
import { startCluster, type Cluster } from "./cluster/start-cluster.ts";

const POOL = `
apiVersion: extensions.agents.x-k8s.io/v1beta1
kind: SandboxTemplate
metadata: {name: box, namespace: default}
spec:
  podTemplate:
    spec:
      containers:
        - name: box
          image: ${SANDBOX_IMAGE}
          imagePullPolicy: Never
          readinessProbe: {httpGet: {path: /, port: 8888}, periodSeconds: 1}
---
apiVersion: extensions.agents.x-k8s.io/v1beta1
kind: SandboxWarmPool
metadata: {name: pool, namespace: default}
spec: {replicas: 1, sandboxTemplateRef: {name: box}}
`;

describe("unmodified k8s-agent-sandbox on a real cluster", () => {
  let cluster: Cluster;
  let running: RunningGateway;

  beforeAll(async () => {
    cluster = await startCluster({ parts: "node", crds: "v0.5.6", upstreamControllers: true });
    cluster.kubectl(["apply", "-f", "-"], POOL);
    const { values } = loadConfig(GATEWAY_KEYS, { flags: { port: 0, routerPort: 0 } });
    const access = await loadKubeconfig({ env: {}, path: cluster.kubeconfig });
    running = await runGateway({ access, config: values, logger: silentLogger, near: true });
    await running.synced;
  });
  afterAll(async () => {
    await running?.close();
    await cluster?.close();
  });

  it.each(PYTHON_CLIENTS)("%s makes sandboxes, runs commands once, and moves files", async (version) => {
    const python = installPythonClient(version);
    expect(await runSession(python, cluster.kubeconfig, [running.gateway.routerUrl ?? ""])).toEqual(SEEN);
  });

  it("leaves unclaimed members of the pool alone", async () => {
    cluster.kubectl([
      "wait",
      "sandboxwarmpool/pool",
      "--for=jsonpath={.status.readyReplicas}=1",
      "--timeout=60s",
    ]);
    const member = cluster.kubectl([
      "get",
      "sandboxes",
      "-l",
      "agents.x-k8s.io/warm-pool-sandbox",
      "-o",
      "jsonpath={.items[0].metadata.name} {.items[0].metadata.uid}",
    ]);
    const [name = "", id = ""] = member.split(" ");
    expect(id).toMatch(/^[0-9a-f-]{36}$/);
    const headers = { "X-Sandbox-ID": name, "X-Sandbox-UID": id };
    expect((await fetch(running.gateway.routerUrl ?? "", { headers })).status).toBe(502);
    expect((await fetch(`${running.gateway.url}/default/${name}/`)).status).toBe(404);
  });
});
