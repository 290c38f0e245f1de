import { chmodSync, existsSync, mkdirSync, readdirSync, realpathSync } from "node:fs";
import { join } from "node:path";
import { silentLogger, type Logger, type Pod, type Stored } from "@sandgate/contract";
import {
  CONFIG_MAPS,
  createEventRecorder,
  createInformer,
  isNotFound,
  PODS,
  SECRETS,
  type KubeClient,
  type Resource,
} from "@sandgate/kube";
import { makeSharedEtc } from "./container/etc-files.ts";
import { LogPace } from "./container/log-pace.ts";
import { openCgroups } from "./isolation/cgroups.ts";
import { openHostUsers } from "./isolation/host-users.ts";
import { hostSeccompFilter } from "./isolation/seccomp-filter.ts";
import { clearLeftovers } from "./clear-leftovers.ts";
import { startKubeletServer, type KubeletServer } from "./kubelet/kubelet-server.ts";
import { openPodNetwork } from "./network/pod-network.ts";
import { keepLease } from "./node-lease.ts";
import { registerNode } from "./node-object.ts";
import { idOf, removeOwner, writeOwner } from "./owner-record.ts";
import { createPodAccess } from "./pod-streams.ts";
import { endOrphans } from "./orphans.ts";
import type { EnvironmentSources } from "./pod/environment.ts";
import type { PodContext, RuntimeImage } from "./pod/pod-context.ts";
import { PodWorker } from "./pod/pod-worker.ts";
import { removeTree } from "./remove-tree.ts";
import { unmountBelow } from "./volumes/host-mounts.ts";
import { startClaimProvisioner } from "./volumes/claim-folders.ts";

export interface NodeOptions {
  client: KubeClient;
  /** Folder of the node's own; its pods, volumes and logs are below it. */
  dataDir: string;
  nodeName?: string;
  /** Absent: a range that is free on this machine. */
  podRange?: string;
  /** Lets pods open connections to public addresses. */
  egress: boolean;
  image: RuntimeImage;
  logger?: Logger;
}

export interface NodeHandle {
  /** Ends every pod's processes and keeps everything else. Idempotent. */
  close(): Promise<void>;
}

/** What lives no longer than the machine runs; also where the launcher mounts, out of everybody else's sight. */
const RUN_FOLDER = "/run/sandgate";
/** How often volumes made of ConfigMaps and Secrets are compared with their objects. */
const REFRESH_MS = 10_000;

interface Prepared {
  dataDir: string;
  /** Of the data folder, in names that are the machine's. */
  id: string;
  workers: Map<string, PodWorker>;
  kubelet: KubeletServer;
  logger: Logger;
}

/**
 * Starts the node: it runs the pods that are bound to it as isolated processes of this machine. What an earlier process
 * left behind is ended first.
 */
export async function startNode(options: NodeOptions): Promise<NodeHandle> {
  const logger = options.logger ?? silentLogger;
  mkdirSync(options.dataDir, { recursive: true, mode: 0o700 });
  // As the kernel names it in its list of mounts.
  const dataDir = realpathSync(options.dataDir);
  const id = idOf(dataDir);
  mkdirSync(RUN_FOLDER, { recursive: true, mode: 0o755 });
  const workers = new Map<string, PodWorker>();
  const find = (namespace: string, name: string): PodWorker | undefined =>
    [...workers.values()].find(
      ({ pod: { metadata } }) => metadata.namespace === namespace && metadata.name === name,
    );
  // First of all: it fails where a node runs on this folder, whose pods would be taken for orphans. Not in the data folder: a
  // socket's path has 107 bytes at most, and a data folder's may be longer.
  const kubelet = await startKubeletServer(join(RUN_FOLDER, id), createPodAccess(find), logger);
  try {
    writeOwner(RUN_FOLDER, dataDir);
    await clearLeftovers(RUN_FOLDER, logger);
    return await runPods(options, { dataDir, id, workers, kubelet, logger });
  } catch (error) {
    await kubelet.close();
    throw error;
  }
}

async function runPods(
  options: NodeOptions,
  { dataDir, id, workers, kubelet, logger }: Prepared,
): Promise<NodeHandle> {
  const { client } = options;
  const name = options.nodeName ?? "sandgate";
  const podsDir = join(dataDir, "pods");
  mkdirSync(podsDir, { recursive: true, mode: 0o700 });
  chmodSync(podsDir, 0o700);
  const cgroups = openCgroups(id);
  const users = openHostUsers(join(dataDir, "users.json"), Number.parseInt(id, 16));
  await endOrphans(cgroups, users.numbers, logger);
  await unmountBelow(dataDir);
  const network = await openPodNetwork({
    id,
    egress: options.egress,
    logger,
    ...(options.podRange === undefined ? {} : { range: options.podRange }),
  });
  const sharedEtc = join(dataDir, "etc");
  makeSharedEtc(sharedEtc);
  const events = createEventRecorder({ client, component: "kubelet", host: name, logger });
  const claims = await startClaimProvisioner(client, join(dataDir, "claims"), logger);
  const context: PodContext = {
    client,
    nodeIp: network.nodeIp,
    podsDir,
    sharedEtc,
    network,
    cgroups,
    users,
    claims,
    seccomp: hostSeccompFilter(),
    image: options.image,
    events,
    logger,
    logPace: new LogPace(),
    sources: (namespace) => apiSources(client, namespace),
  };
  let ready = false;

  function take(pod: Stored<Pod>): void {
    const known = workers.get(pod.metadata.uid);
    if (known === undefined) workers.set(pod.metadata.uid, new PodWorker(context, pod));
    else known.update(pod);
  }

  const pods = createInformer({
    client,
    resource: PODS,
    fieldSelector: `spec.nodeName=${name}`,
    logger,
    onChange: ({ type, object }) => {
      if (!ready) return;
      if (type !== "deleted") {
        take(object);
        return;
      }
      const worker = workers.get(object.metadata.uid);
      workers.delete(object.metadata.uid);
      // Removed by force, or by the worker itself, which has nothing left to end.
      worker?.discard().catch((error: unknown) => {
        logger.error("a deleted pod could not be cleaned up", {
          pod: object.metadata.name,
          error: (error as Error).message,
        });
      });
    },
  });
  await pods.synced;
  const bound = new Set([...pods.list()].map((pod) => pod.metadata.uid));
  for (const uid of existsSync(podsDir) ? readdirSync(podsDir) : []) {
    if (!bound.has(uid)) {
      removeTree(join(podsDir, uid)).catch((error: unknown) => {
        logger.warn("what a pod left behind could not be removed", { error: (error as Error).message });
      });
    }
  }
  for (const uid of users.pods) if (!bound.has(uid)) users.release(uid);
  ready = true;
  for (const pod of pods.list()) take(pod);

  const node = await registerNode({
    client,
    name,
    address: network.nodeIp,
    podRange: network.range,
    kubeletSocket: kubelet.socketPath,
    withoutLimits: cgroups.unavailable,
    logger,
  });
  const lease = keepLease({ client, name, logger });
  const refresh = setInterval(() => {
    network.guard().catch((error: unknown) => {
      logger.error("the rules that keep pods from the host could not be put back", {
        error: (error as Error).message,
      });
    });
    for (const worker of workers.values()) {
      worker.refreshVolumes().catch((error: unknown) => {
        logger.debug("a volume could not be brought up to date", { error: (error as Error).message });
      });
    }
  }, REFRESH_MS);
  refresh.unref();

  /** One that does not give back what it holds must not keep the others from it: the next start clears up. */
  async function closePod(worker: PodWorker): Promise<void> {
    await worker.close().catch((error: unknown) => {
      const { name } = worker.pod.metadata;
      logger.warn("a pod could not be ended in order", { pod: name, error: (error as Error).message });
    });
  }

  let closing: Promise<void> | null = null;
  async function close(): Promise<void> {
    clearInterval(refresh);
    await pods.close();
    await Promise.all([...workers.values()].map(closePod));
    await claims.close();
    await kubelet.close();
    await events.close();
    await lease.close();
    await node.close().catch((error: unknown) => {
      logger.debug("the node's end could not be reported", { error: (error as Error).message });
    });
    await network.close();
    cgroups.close();
    removeOwner(RUN_FOLDER, id);
  }
  return { close: () => (closing ??= close()) };
}

function apiSources(client: KubeClient, namespace: string): EnvironmentSources {
  const find = async <T extends { metadata: object }>(
    resource: Resource,
    name: string,
  ): Promise<T | undefined> => {
    try {
      return (await client.get(resource, { namespace, name })) as unknown as T;
    } catch (error) {
      if (isNotFound(error)) return undefined;
      throw error;
    }
  };
  return { configMap: (name) => find(CONFIG_MAPS, name), secret: (name) => find(SECRETS, name) };
}
