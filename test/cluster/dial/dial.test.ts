/** A gateway outside of a real cluster, from where pods' IPs are not reached. */
import { randomBytes } from "node:crypto";
import { GATEWAY_KEYS, loadConfig, silentLogger } from "@sandgate/contract";
import { loadKubeconfig } from "@sandgate/kube";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { runGateway, type RunningGateway } from "../../../packages/cli/src/up/run-gateway.ts";
import { startCluster, type Cluster } from "../cluster/start-cluster.ts";
import { SANDBOX_IMAGE } from "../cluster/sandbox-image.ts";

const BOX = {
  apiVersion: "agents.x-k8s.io/v1beta1",
  kind: "Sandbox",
  metadata: { name: "box", namespace: "default", labels: { user: "alice" } },
  spec: {
    podTemplate: {
      spec: {
        containers: [
          {
            name: "box",
            image: SANDBOX_IMAGE,
            imagePullPolicy: "Never",
            readinessProbe: { httpGet: { path: "/", port: 8888 }, periodSeconds: 1 },
          },
        ],
      },
    },
  },
};

describe("a gateway outside of a real cluster", () => {
  let cluster: Cluster;
  let running: RunningGateway;
  let base: string;

  beforeAll(async () => {
    cluster = await startCluster({
      parts: "node",
      crds: "v0.5.6",
      upstreamControllers: true,
      reachable: false,
    });
    cluster.kubectl(["apply", "-f", "-"], JSON.stringify(BOX));
    cluster.kubectl(["wait", "sandbox/box", "--for=condition=Ready", "--timeout=120s"]);
    const { values } = loadConfig(GATEWAY_KEYS, { flags: { port: 0 } });
    const access = await loadKubeconfig({ env: {}, path: cluster.kubeconfig });
    running = await runGateway({ access, config: values, logger: silentLogger, near: false });
    await running.synced;
    base = `${running.gateway.url}/alice/box`;
  });
  afterAll(async () => {
    await running?.close();
    await cluster?.close();
  });

  async function execute(command: string): Promise<unknown> {
    const response = await fetch(`${base}/execute`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({ command }),
    });
    return response.json();
  }

  it("goes by port-forward", () => {
    expect(running.gateway.dialMode).toBe("port-forward");
  });

  it("runs commands, many at once, over the pod's one tunnel", async () => {
    const numbers = Array.from({ length: 100 }, (_, index) => index);
    const answers = await Promise.all(numbers.map((number) => execute(`echo ${number}`)));
    expect(answers).toMatchObject(numbers.map((number) => ({ stdout: `${number}\n`, exit_code: 0 })));
  });

  it("carries files whole, both ways", async () => {
    const content = randomBytes(12 * 1024 * 1024);
    const form = new FormData();
    form.append("file", new File([content], "data.bin"));
    expect((await fetch(`${base}/upload`, { method: "POST", body: form })).status).toBe(200);
    const back = Buffer.from(await (await fetch(`${base}/download/data.bin`)).arrayBuffer());
    expect(back.equals(content)).toBe(true);
  });

  it("tells a port that refuses from a connection that broke, and goes on however many were refused", async () => {
    const refuse = async (): Promise<string | null> => {
      const response = await fetch(`${base}:9/`, { method: "POST", body: "x".repeat(1_000) });
      return response.headers.get("sandgate-error");
    };
    const refused = await Promise.all(Array.from({ length: 12 }, refuse));
    expect(refused).toEqual(refused.map(() => "REFUSED"));
    for (let round = 0; round < 3; round++) {
      const answers = await Promise.all(Array.from({ length: 10 }, () => execute("echo on")));
      expect(answers).toMatchObject(answers.map(() => ({ stdout: "on\n" })));
    }
  });
});
