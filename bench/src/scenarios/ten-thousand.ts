import { once } from "node:events";
import { Worker } from "node:worker_threads";
import type { Sandbox } from "@sandgate/contract";
import { createInformer, createKubeClient, loadKubeconfig, SANDBOXES, type KubeClient } from "@sandgate/kube";
import { startSandgateUp } from "../../../test/support/sandgate-up.ts";
import { answered } from "../answered.ts";
import { summarize, type Figures } from "../figures.ts";
import { residentMib } from "../resident.ts";

const OBJECTS = 10_000;
const WRITERS = 32;
const LISTS = 10;

/**
 * 10,000 suspended Sandboxes: how fast they are stored, listed whole and watched from nothing, and how long a proxied
 * request takes while lists run (`proxied_alone` is the same without lists).
 */
export async function tenThousand(): Promise<Figures> {
  await using up = await startSandgateUp({ args: ["--demo"] });
  await answered(`${up.url}/alice/my-sandbox/`);
  const client = createKubeClient(await loadKubeconfig({ path: up.kubeconfig, env: {} }));
  const alone = await proxied(up.url, async () => {
    for (let round = 0; round < LISTS; round++) await new Promise((resolve) => setTimeout(resolve, 100));
  });

  const began = performance.now();
  await createAll(client);
  const createdMs = performance.now() - began;

  let lists: number[] = [];
  const during = await proxied(up.url, async () => {
    lists = await listElsewhere(up.kubeconfig);
  });

  const watchBegan = performance.now();
  const informer = createInformer({ client, resource: SANDBOXES });
  await informer.synced;
  const syncMs = performance.now() - watchBegan;
  if (informer.size < OBJECTS) throw new Error(`informer holds ${informer.size} objects`);
  await informer.close();
  await client.close();

  return {
    objects: OBJECTS,
    creates_per_s: OBJECTS / (createdMs / 1000),
    list_p50_ms: summarize(lists).p50,
    list_max_ms: summarize(lists).max,
    informer_sync_ms: syncMs,
    proxied_alone_p99_ms: alone.p99,
    proxied_alone_max_ms: alone.max,
    proxied_during_lists_p99_ms: during.p99,
    proxied_during_lists_max_ms: during.max,
    resident_mib: residentMib(up.process.pid ?? 0),
  };
}

async function listElsewhere(kubeconfig: string): Promise<number[]> {
  const worker = new Worker(new URL("../lister.ts", import.meta.url), {
    workerData: { kubeconfig, lists: LISTS, atLeast: OBJECTS },
  });
  const [times] = (await once(worker, "message")) as [number[]];
  return times;
}

async function createAll(client: KubeClient): Promise<void> {
  let next = 0;
  await Promise.all(
    Array.from({ length: WRITERS }, async () => {
      for (let index = next++; index < OBJECTS; index = next++)
        await client.create(SANDBOXES, suspended(index));
    }),
  );
}

/** Times of requests to the demo sandbox, one after another, while the work runs. */
async function proxied(base: string, work: () => Promise<void>): Promise<ReturnType<typeof summarize>> {
  const times: number[] = [];
  let done = false;
  const working = work().finally(() => {
    done = true;
  });
  while (!done) {
    const start = performance.now();
    const response = await fetch(`${base}/alice/my-sandbox/`);
    await response.arrayBuffer();
    if (response.status !== 200) throw new Error(`the demo sandbox answered ${response.status}`);
    times.push(performance.now() - start);
  }
  await working;
  return summarize(times);
}

function suspended(index: number): Sandbox {
  return {
    apiVersion: "agents.x-k8s.io/v1beta1",
    kind: "Sandbox",
    metadata: { name: `many-${index}`, namespace: "default", labels: { user: `user-${index % 100}` } },
    spec: {
      operatingMode: "Suspended",
      podTemplate: {
        spec: {
          containers: [
            { name: "sandbox", image: "sandgate.dev/runtime:latest", ports: [{ containerPort: 8888 }] },
          ],
        },
      },
    },
  };
}
