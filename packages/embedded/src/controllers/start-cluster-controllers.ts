import type { EndpointSlice, Node } from "@sandgate/contract";
import { createInformer, ENDPOINT_SLICES, NODES, type Change } from "@sandgate/kube";
import type { ControllerGroup, GroupOptions } from "./controller-group.ts";
import { createEndpointsController } from "./endpoints/endpoints.ts";
import { FreshObjects } from "./fresh-objects.ts";
import { createScheduler } from "./scheduler/scheduler.ts";

/** What any cluster has: pods get a node, Services get their endpoints. */
export async function startClusterControllers(options: GroupOptions): Promise<ControllerGroup> {
  const { client, logger, events, pods, services } = options;
  let changed: (() => void) | null = null;
  const slices = createInformer({
    client,
    logger,
    resource: ENDPOINT_SLICES,
    onChange: (change) => freshSlices.changed(change),
  });
  const nodes = createInformer({
    client,
    logger,
    resource: NODES,
    onChange(change) {
      if (concernsScheduling(change)) changed?.();
    },
  });
  const freshSlices = new FreshObjects<EndpointSlice>(slices);
  await Promise.all([slices.synced, nodes.synced]);

  const scheduler = createScheduler({ client, logger, events, pods, nodes });
  const endpoints = createEndpointsController({
    client,
    logger,
    services,
    pods,
    slices: freshSlices,
  });
  changed = () => scheduler.nodesChanged();
  return {
    podChanged({ object }) {
      scheduler.podChanged(object);
      endpoints.podChanged(object);
    },
    serviceChanged: (service) => endpoints.serviceChanged(service),
    start() {
      for (const pod of pods.list()) scheduler.podChanged(pod);
      for (const service of services.list()) endpoints.serviceChanged(service);
    },
    async close() {
      await Promise.all([scheduler.close(), endpoints.close()]);
      await Promise.all([slices.close(), nodes.close()]);
    },
  };
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
