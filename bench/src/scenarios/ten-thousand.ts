import { once } from "node:events";
import { setTimeout as delay } from "node:timers/promises";
import { Worker } from "node:worker_threads";
import type { Sandbox } from "@sandgate/contract";
import { createInformer, createKubeClient, loadKubeconfig, SANDBOXES, type KubeClient } from "@sandgate/kube";
import { startSandgateUp } from "../../../test/support/sandgate-up.ts";
import { answered } from "../answered.ts";
import { summarize, type Figures } from "../figures.ts";
import { proxiedDuring } from "../proxied.ts";
import { residentMib } from "../resident.ts";

const OBJECTS = 10_000;
const WRITERS = 32;
const LISTS = 10;

/**
 * 10,000 suspended Sandboxes: how fast they are stored, listed whole and watched from nothing, and how long a proxied
 * request takes while lists run (`proxied_alone` is the same without lists; `slowest` says what the gateway's and the
 * client's threads did meanwhile: what neither ran nor waited, the sandbox did).
 */
export async function tenThousand(): Promise<Figures> {
  await using up = await startSandgateUp({ args: ["--demo"] });
  await answered(`${up.url}/alice/my-sandbox/`);
  const client = createKubeClient(await loadKubeconfig({ path: up.kubeconfig, env: {} }));
  const address = `${up.url}/alice/my-sandbox/`;
  const pid = up.process.pid ?? 0;
  const alone = await proxiedDuring(address, pid, () => delay(1000));

  const began = performance.now();
  await createAll(client);
  const createdMs = performance.now() - began;

  await allReported(client);
  const reportedMs = performance.now() - began;

  const lister = await openLister(up.kubeconfig);
  let lists: number[] = [];
  const during = await proxiedDuring(address, pid, async () => {
    lists = await lister.run();
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
    all_reported_ms: reportedMs,
    list_p50_ms: summarize(lists).p50,
    list_max_ms: summarize(lists).max,
    informer_sync_ms: syncMs,
    proxied_alone_p99_ms: alone.p99,
    proxied_alone_max_ms: alone.max,
    proxied_during_lists: during.count,
    proxied_during_lists_p99_ms: during.p99,
    proxied_during_lists_max_ms: during.max,
    proxied_during_lists_over_20_ms: during.over20,
    gateway_held_p99_ms: during.held.p99,
    gateway_held_max_ms: during.held.max,
    slowest_gateway_ran_ms: during.slowest.gateway.runMs,
    slowest_gateway_waited_ms: during.slowest.gateway.waitMs,
    slowest_client_ran_ms: during.slowest.client.runMs,
    slowest_client_waited_ms: during.slowest.client.waitMs,
    resident_mib: residentMib(pid),
  };
}

/** A thread that lists, ready to begin. */
async function openLister(kubeconfig: string): Promise<{ run(): Promise<number[]> }> {
  const worker = new Worker(new URL("../lister.ts", import.meta.url), {
    workerData: { kubeconfig, lists: LISTS, atLeast: OBJECTS },
  });
  await once(worker, "message");
  return {
    async run() {
      worker.postMessage("go");
      const [times] = (await once(worker, "message")) as [number[]];
      return times;
    },
  };
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

/** Resolves when the controller has written a status for each: until then it, too, takes its share of the processors. */
async function allReported(client: KubeClient): Promise<void> {
  const waiting = new Set<string>();
  const reported = Promise.withResolvers<void>();
  let listed = false;
  const informer = createInformer<Sandbox>({
    client,
    resource: SANDBOXES,
    onChange: ({ object }) => {
      if (object.status?.conditions === undefined) waiting.add(object.metadata.uid);
      else waiting.delete(object.metadata.uid);
      if (listed && waiting.size === 0) reported.resolve();
    },
  });
  await informer.synced;
  listed = true;
  if (waiting.size > 0) await reported.promise;
  await informer.close();
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
