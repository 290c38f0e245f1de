import type { Sandbox } from "@sandgate/contract";
import { createInformer, createKubeClient, loadKubeconfig, SANDBOXES } from "@sandgate/kube";
import { startSandgateUp } from "../../../test/support/sandgate-up.ts";
import { answered } from "../answered.ts";
import { summarize, type Figures } from "../figures.ts";

const ROUNDS = 20;

/**
 * Creating a Sandbox, one after another: until its first answer through the gateway, and from the moment a watch shows
 * it Ready until the gateway routes to it (negative values count as 0: the gateway knew first).
 */
export async function create(): Promise<Figures> {
  await using up = await startSandgateUp();
  const client = createKubeClient(await loadKubeconfig({ path: up.kubeconfig, env: {} }));
  const readyAt = new Map<string, number>();
  const informer = createInformer({
    client,
    resource: SANDBOXES,
    onChange: (change) => {
      const { name } = change.object.metadata;
      const ready = change.object.status?.conditions?.some(
        (one) => one.type === "Ready" && one.status === "True",
      );
      if (ready === true && !readyAt.has(name)) readyAt.set(name, performance.now());
    },
  });
  await informer.synced;
  const routed: number[] = [];
  const afterReady: number[] = [];
  for (let round = 0; round < ROUNDS; round++) {
    const name = `bench-${round}`;
    const began = performance.now();
    await client.create(SANDBOXES, sandbox(name));
    await answered(`${up.url}/bench/${name}/`);
    const now = performance.now();
    routed.push(now - began);
    afterReady.push(Math.max(0, now - (readyAt.get(name) ?? now)));
    await client.delete(SANDBOXES, { namespace: "default", name });
  }
  await informer.close();
  await client.close();
  const created = summarize(routed);
  const after = summarize(afterReady);
  return {
    rounds: ROUNDS,
    create_to_answer_p50_ms: created.p50,
    create_to_answer_p99_ms: created.p99,
    ready_to_routed_p50_ms: after.p50,
    ready_to_routed_p99_ms: after.p99,
  };
}

function sandbox(name: string): Sandbox {
  return {
    apiVersion: "agents.x-k8s.io/v1beta1",
    kind: "Sandbox",
    metadata: { name, namespace: "default", labels: { user: "bench" } },
    spec: {
      podTemplate: {
        spec: {
          containers: [
            {
              name: "sandbox",
              image: "sandgate.dev/runtime:latest",
              ports: [{ containerPort: 8888 }],
              readinessProbe: { httpGet: { path: "/", port: 8888 }, periodSeconds: 1 },
            },
          ],
        },
      },
    },
  };
}
