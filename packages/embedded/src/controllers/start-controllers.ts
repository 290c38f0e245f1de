import { controllerOf, silentLogger, type Logger, type Node } from "@sandgate/contract";
import {
  createEventRecorder,
  createInformer,
  ENDPOINT_SLICES,
  NODES,
  PERSISTENT_VOLUME_CLAIMS,
  PODS,
  SANDBOXES,
  SERVICES,
  type Change,
  type KubeClient,
} from "@sandgate/kube";
import type { Controller } from "./controller.ts";
import { createEndpointsController, type EndpointsController } from "./endpoints/endpoints.ts";
import { createSandboxController } from "./sandbox/sandbox-controller.ts";
import { createScheduler, type Scheduler } from "./scheduler/scheduler.ts";

export interface ControllersOptions {
  client: KubeClient;
  clusterDomain?: string;
  logger?: Logger;
}

export interface ControllersHandle {
  /** Ends the watches and resolves when work under way is done. Idempotent. */
  close(): Promise<void>;
}

/**
 * Starts every controller of the embedded cluster. They speak only the Kubernetes API. Resolves when what exists is known
 * and being worked on.
 */
export async function startControllers(options: ControllersOptions): Promise<ControllersHandle> {
  const { client } = options;
  const logger = options.logger ?? silentLogger;
  const events = createEventRecorder({ client, component: "sandgate-controllers", logger });
  let running: { sandbox: Controller; scheduler: Scheduler; endpoints: EndpointsController } | null = null;
  const base = { client, logger };
  const byOwner = {
    owner: (object: Parameters<typeof controllerOf>[0]) => [controllerOf(object)?.uid ?? ""],
  };

  const sandboxes = createInformer({
    ...base,
    resource: SANDBOXES,
    onChange: ({ object }) => running?.sandbox.sandboxChanged(object),
  });
  const services = createInformer({
    ...base,
    resource: SERVICES,
    onChange: ({ object }) => {
      running?.sandbox.childChanged(object);
      running?.endpoints.serviceChanged(object);
    },
  });
  const claims = createInformer({
    ...base,
    resource: PERSISTENT_VOLUME_CLAIMS,
    onChange: ({ object }) => running?.sandbox.childChanged(object),
  });
  const pods = createInformer({
    ...base,
    resource: PODS,
    indexes: byOwner,
    onChange: ({ object }) => {
      running?.sandbox.childChanged(object);
      running?.scheduler.podChanged(object);
      running?.endpoints.podChanged(object);
    },
  });
  const slices = createInformer({ ...base, resource: ENDPOINT_SLICES });
  const nodes = createInformer({
    ...base,
    resource: NODES,
    onChange: (change) => {
      if (concernsScheduling(change)) running?.scheduler.nodesChanged();
    },
  });
  const informers = [sandboxes, services, claims, pods, slices, nodes];
  await Promise.all(informers.map((informer) => informer.synced));

  running = {
    sandbox: createSandboxController({
      client,
      sandboxes,
      pods,
      services,
      claims,
      events,
      clusterDomain: options.clusterDomain ?? "cluster.local",
      logger,
    }),
    scheduler: createScheduler({ client, pods, nodes, events, logger }),
    endpoints: createEndpointsController({ client, services, pods, slices, logger }),
  };
  for (const sandbox of sandboxes.list()) running.sandbox.sandboxChanged(sandbox);
  for (const pod of pods.list()) running.scheduler.podChanged(pod);
  for (const service of services.list()) running.endpoints.serviceChanged(service);

  let closing: Promise<void> | null = null;
  async function close(): Promise<void> {
    await Promise.all([running?.sandbox.close(), running?.scheduler.close(), running?.endpoints.close()]);
    await Promise.all(informers.map((informer) => informer.close()));
    await events.close();
  }
  return { close: () => (closing ??= close()) };
}

/** A heartbeat changes nothing for a pod that waits for a node. */
function concernsScheduling(change: Change<Node>): boolean {
  if (change.type !== "modified") return true;
  const ready = (node: typeof change.object): unknown =>
    node.status?.conditions?.find((one) => one["type"] === "Ready")?.["status"];
  return (
    ready(change.object) !== ready(change.previous) ||
    change.object.spec?.unschedulable !== change.previous.spec?.unschedulable
  );
}
