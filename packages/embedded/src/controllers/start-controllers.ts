import { controllerOf, silentLogger, type Logger, type Pod } from "@sandgate/contract";
import { createEventRecorder, createInformer, PODS, SERVICES, type KubeClient } from "@sandgate/kube";
import type { ControllerGroup } from "./controller-group.ts";
import { startClusterControllers } from "./start-cluster-controllers.ts";
import { startSandboxControllers } from "./start-sandbox-controllers.ts";

export interface ControllersOptions {
  client: KubeClient;
  /**
   * Absent: all. `agent-sandbox`: on a cluster with a scheduler and endpoints of its own. `cluster`: where somebody
   * else's controllers serve sandboxes.
   */
  only?: "agent-sandbox" | "cluster";
  clusterDomain?: string;
  logger?: Logger;
}

export interface ControllersHandle {
  /** Ends the watches and resolves when work under way is done. Idempotent. */
  close(): Promise<void>;
}

/**
 * Starts the controllers of the embedded cluster. They speak only the Kubernetes API. Resolves when what exists is known
 * and being worked on.
 */
export async function startControllers(options: ControllersOptions): Promise<ControllersHandle> {
  const { client, only } = options;
  const logger = options.logger ?? silentLogger;
  const events = createEventRecorder({ client, component: "sandgate-controllers", logger });
  const groups: ControllerGroup[] = [];
  const pods = createInformer<Pod>({
    client,
    logger,
    resource: PODS,
    indexes: { owner: (pod) => [controllerOf(pod)?.uid ?? ""] },
    onChange: (change) => groups.forEach((group) => group.podChanged(change)),
  });
  const services = createInformer({
    client,
    logger,
    resource: SERVICES,
    onChange: ({ object }) => groups.forEach((group) => group.serviceChanged(object)),
  });
  const shared = { client, logger, events, pods, services };
  const clusterDomain = options.clusterDomain ?? "cluster.local";
  const starting = [
    ...(only === "cluster" ? [] : [startSandboxControllers({ ...shared, clusterDomain })]),
    ...(only === "agent-sandbox" ? [] : [startClusterControllers(shared)]),
  ];
  groups.push(...(await Promise.all(starting)));
  await Promise.all([pods.synced, services.synced]);
  for (const group of groups) group.start();

  let closing: Promise<void> | null = null;
  async function close(): Promise<void> {
    await Promise.all(groups.map((group) => group.close()));
    await Promise.all([pods.close(), services.close()]);
    await events.close();
  }
  return { close: () => (closing ??= close()) };
}
