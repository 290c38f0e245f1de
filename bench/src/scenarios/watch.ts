import { setTimeout as delay } from "node:timers/promises";
import type { KubeObject, Stored } from "@sandgate/contract";
import { createInformer, PODS, SANDBOXES } from "@sandgate/kube";
import { startCluster, type Cluster } from "../../../test/cluster/cluster/start-cluster.ts";
import { startBackend } from "../../../test/cluster/watch/backend.ts";
import { createChurn, seeded } from "../../../test/cluster/watch/churn.ts";
import { restore } from "../../../test/cluster/watch/etcd.ts";
import { restoredSandbox } from "../../../test/cluster/watch/restored-sandboxes.ts";
import { createSandboxWriter, type SandboxWriter } from "../../../test/cluster/watch/written-sandboxes.ts";
import { answered } from "../answered.ts";
import { summarize, type Figures } from "../figures.ts";
import { startGatewayProcess, type GatewayProcess } from "../gateway-process.ts";
import { publishedCommand } from "../published-command.ts";
import { residentMib } from "../resident.ts";

const SIZES = [100, 1_000, 10_000, 100_000] as const;
const ROUNDS = 200;
const CHANGES_PER_SECOND = 100;
const CHURN_MS = 20_000;
const REST_MS = 10_000;
const USER = "alice";

/**
 * The published gateway in front of a real API server (etcd and kube-apiserver alone; the benchmark writes the statuses),
 * with ever more ready sandboxes: how long until it knows them, from the API server's acknowledgement of Ready until a
 * request is answered, and what memory and processor it takes at rest and under changes.
 */
export async function watch(): Promise<Figures> {
  using command = await publishedCommand();
  await using cluster = await startCluster({ parts: "api", crds: "v0.5.6" });
  const podIp = cluster.facts.network.hostAddress;
  await using backend = await startBackend(podIp);
  const pods = { podIp, port: backend.port, user: USER };
  const writer = await createSandboxWriter({ client: cluster.client, ...pods });
  const figures: Figures = {};
  let first = 0;
  for (const count of SIZES) {
    restore(cluster, { first, count, ...pods });
    first = count;
    await listed(cluster, count);
    await using gateway = await startGatewayProcess(command.main, cluster.kubeconfig);
    // Before anything is asked of it that it would not be asked otherwise.
    const atRest = { resident_mib: residentMib(gateway.pid), sync_cpu_s: gateway.cpuSeconds() };
    await check(gateway, count);
    const measured = { ...atRest, ...(await measure(gateway, writer, count)) };
    for (const [name, value] of Object.entries(measured)) figures[`at_${count}_${name}`] = value;
  }
  return figures;
}

/** Lists everything once, so that the API server has taken in what was put under it. */
async function listed({ client }: Cluster, count: number): Promise<void> {
  for (const resource of [SANDBOXES, PODS] as const) {
    const informer = createInformer<KubeObject>({ client, resource, transform: identityOf });
    await informer.synced;
    if (informer.size < count)
      throw new Error(`the API server lists ${informer.size} of ${count} ${resource.plural}`);
    await informer.close();
  }
}

function identityOf({ metadata }: Stored<KubeObject>): Stored<KubeObject> {
  const { namespace = "", name, uid, resourceVersion } = metadata;
  return { metadata: { namespace, name, uid, resourceVersion } };
}

/** @throws Error where the gateway does not know and reach every sandbox. */
async function check({ url }: GatewayProcess, count: number): Promise<void> {
  const list = (await (await fetch(`${url}/sandboxes`)).json()) as { sandboxes: { ready: boolean }[] };
  const ready = list.sandboxes.filter((one) => one.ready).length;
  if (ready !== count) throw new Error(`${ready} of ${count} sandboxes are ready`);
  const text = await (await fetch(`${url}/${USER}/${restoredSandbox(count - 1).name}/`)).text();
  if (text !== "here\n") throw new Error(`a sandbox answered ${text}`);
}

async function measure(gateway: GatewayProcess, writer: SandboxWriter, count: number): Promise<Figures> {
  const routable = await readyToRoutable(gateway, writer, count);
  const rest = await cpuDuring(gateway, () => delay(REST_MS));
  const existing = Array.from({ length: count }, (_, index) => restoredSandbox(index));
  const churn = createChurn(writer, existing, seeded(count), 0);
  const busy = await cpuDuring(gateway, () => churn.run(CHANGES_PER_SECOND, CHURN_MS));
  for (const one of churn.expected.values()) if (!one.ready) await writer.setReady(one.name, true);
  return {
    synced_ms: gateway.syncedAfterMs,
    routable_p50_ms: routable.p50,
    routable_p99_ms: routable.p99,
    routable_max_ms: routable.max,
    resident_after_changes_mib: residentMib(gateway.pid),
    cpu_at_rest_percent: rest,
    cpu_at_100_changes_percent: busy,
  };
}

/** From the acknowledged write of Ready to the first answer of the sandbox, asked for every 2 ms. */
async function readyToRoutable(
  { url }: GatewayProcess,
  writer: SandboxWriter,
  count: number,
): Promise<{ p50: number; p99: number; max: number }> {
  const times: number[] = [];
  for (let round = 0; round < ROUNDS; round++) {
    const { name } = restoredSandbox(Math.floor((round * count) / ROUNDS));
    const address = `${url}/${USER}/${name}/`;
    await writer.setReady(name, false);
    while ((await status(address)) !== 503) await delay(2);
    await writer.setReady(name, true);
    const began = performance.now();
    await answered(address);
    times.push(performance.now() - began);
  }
  return summarize(times);
}

async function status(address: string): Promise<number> {
  const response = await fetch(address);
  await response.text();
  return response.status;
}

/** Share of one core, in percent. */
async function cpuDuring(gateway: GatewayProcess, work: () => Promise<void>): Promise<number> {
  const [began, before] = [performance.now(), gateway.cpuSeconds()];
  await work();
  return ((gateway.cpuSeconds() - before) / ((performance.now() - began) / 1000)) * 100;
}
