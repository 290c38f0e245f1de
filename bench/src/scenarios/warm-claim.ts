import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import type { SandboxClaim } from "@sandgate/contract";
import {
  createKubeClient,
  loadKubeconfig,
  SANDBOX_CLAIMS,
  SANDBOX_WARM_POOLS,
  type KubeClient,
} from "@sandgate/kube";
import { startSandgateUp } from "../../../test/support/sandgate-up.ts";
import { executed } from "../answered.ts";
import { summarize, type Figures } from "../figures.ts";

const ROUNDS = 20;
const root = dirname(dirname(dirname(dirname(fileURLToPath(import.meta.url)))));

/** A claim on a warm pool: from its creation until a first command's output, as a client of the SDKs sees it. */
export async function warmClaim(): Promise<Figures> {
  await using up = await startSandgateUp();
  const client = createKubeClient(await loadKubeconfig({ path: up.kubeconfig, env: {} }));
  const applied = up.kubectl("apply", "-f", join(root, "examples", "warm-pool", "pool.yaml"));
  if (applied.status !== 0) throw new Error(applied.stderr);
  const times: number[] = [];
  const bound: number[] = [];
  for (let round = 0; round < ROUNDS; round++) {
    await poolFull(client);
    const name = `claim-${round}`;
    const began = performance.now();
    const claim: SandboxClaim = {
      apiVersion: "extensions.agents.x-k8s.io/v1beta1",
      kind: "SandboxClaim",
      metadata: { name, namespace: "default" },
      spec: { warmPoolRef: { name: "python" } },
    };
    const made = await client.create(SANDBOX_CLAIMS, claim);
    const sandbox = await boundSandbox(client, name, made.metadata.resourceVersion);
    bound.push(performance.now() - began);
    await executed(`${up.url}/default/${sandbox}`, "echo ready", "ready\n");
    times.push(performance.now() - began);
    await client.delete(SANDBOX_CLAIMS, { namespace: "default", name });
  }
  await client.close();
  const whole = summarize(times);
  return {
    rounds: ROUNDS,
    claim_to_bound_p50_ms: summarize(bound).p50,
    claim_to_output_p50_ms: whole.p50,
    claim_to_output_p99_ms: whole.p99,
  };
}

async function boundSandbox(client: KubeClient, name: string, resourceVersion: string): Promise<string> {
  const events = client.watch(SANDBOX_CLAIMS, {
    namespace: "default",
    fieldSelector: `metadata.name=${name}`,
    resourceVersion,
  });
  for await (const event of events) {
    if (event.type === "BOOKMARK") continue;
    const status = event.object.status;
    const ready = status?.conditions?.some((one) => one.type === "Ready" && one.status === "True");
    if (ready === true && status?.sandbox?.name !== undefined) return status.sandbox.name;
  }
  throw new Error(`the watch on claim ${name} ended before it was bound`);
}

async function poolFull(client: KubeClient): Promise<void> {
  const list = await client.list(SANDBOX_WARM_POOLS, { namespace: "default" });
  const isFull = (pool: (typeof list.items)[number]): boolean =>
    (pool.status?.readyReplicas ?? 0) >= (pool.spec.replicas ?? 1);
  if (list.items.every(isFull)) return;
  const events = client.watch(SANDBOX_WARM_POOLS, {
    namespace: "default",
    resourceVersion: list.metadata.resourceVersion,
  });
  for await (const event of events) {
    if (event.type !== "BOOKMARK" && isFull(event.object)) return;
  }
}
