import {
  controllerOf,
  LABEL_WARM_POOL_SANDBOX,
  silentLogger,
  type EndpointSlice,
  type KubeObject,
  type Logger,
  type Node,
  type Pod,
  type Sandbox,
  type SandboxClaim,
  type SandboxWarmPool,
  type Stored,
} from "@sandgate/contract";
import {
  createEventRecorder,
  createInformer,
  ENDPOINT_SLICES,
  NETWORK_POLICIES,
  NODES,
  PERSISTENT_VOLUME_CLAIMS,
  PODS,
  SANDBOX_CLAIMS,
  SANDBOX_TEMPLATES,
  SANDBOX_WARM_POOLS,
  SANDBOXES,
  SERVICES,
  type Change,
  type KubeClient,
} from "@sandgate/kube";
import { createClaimController, type ClaimController } from "./claim/claim-controller.ts";
import { createEndpointsController, type EndpointsController } from "./endpoints/endpoints.ts";
import { FreshObjects } from "./fresh-objects.ts";
import { createSandboxController, type SandboxController } from "./sandbox/sandbox-controller.ts";
import { createScheduler, type Scheduler } from "./scheduler/scheduler.ts";
import { createTemplateController, type TemplateController } from "./template/template-controller.ts";
import { createWarmPoolController, type WarmPoolController } from "./warm-pool/warm-pool-controller.ts";

export interface ControllersOptions {
  client: KubeClient;
  clusterDomain?: string;
  logger?: Logger;
}

export interface ControllersHandle {
  /** Ends the watches and resolves when work under way is done. Idempotent. */
  close(): Promise<void>;
}

interface Running {
  sandbox: SandboxController;
  template: TemplateController;
  claim: ClaimController;
  warmPool: WarmPoolController;
  scheduler: Scheduler;
  endpoints: EndpointsController;
}

/**
 * Starts every controller of the embedded cluster. They speak only the Kubernetes API. Resolves when what exists is known
 * and being worked on.
 */
export async function startControllers(options: ControllersOptions): Promise<ControllersHandle> {
  const { client } = options;
  const logger = options.logger ?? silentLogger;
  const events = createEventRecorder({ client, component: "sandgate-controllers", logger });
  let running: Running | null = null;
  const base = { client, logger };
  const owner = (object: KubeObject): string[] => [controllerOf(object)?.uid ?? ""];

  const sandboxes = createInformer({
    ...base,
    resource: SANDBOXES,
    indexes: { owner, pool: poolLabelKey },
    onChange(change) {
      freshSandboxes.changed(change);
      running?.sandbox.sandboxChanged(change.object);
      running?.claim.sandboxChanged(change);
      running?.warmPool.sandboxChanged(change);
    },
  });
  const templates = createInformer({
    ...base,
    resource: SANDBOX_TEMPLATES,
    onChange({ object }) {
      running?.template.templateChanged(object);
      running?.warmPool.templateChanged(object);
      running?.claim.templateChanged(object);
    },
  });
  const sandboxClaims = createInformer({
    ...base,
    resource: SANDBOX_CLAIMS,
    indexes: {
      pool: (claim: SandboxClaim) => [`${claim.metadata.namespace}/${claim.spec.warmPoolRef.name}`],
    },
    onChange(change) {
      freshClaims.changed(change);
      running?.claim.claimChanged(change.object);
    },
  });
  const pools = createInformer({
    ...base,
    resource: SANDBOX_WARM_POOLS,
    indexes: {
      template: ({ metadata, spec }: SandboxWarmPool) => [
        `${metadata.namespace}/${spec.sandboxTemplateRef.name}`,
      ],
    },
    onChange(change) {
      freshPools.changed(change);
      running?.warmPool.poolChanged(change.object);
      // Claims wait for what a pool is, not for how many members it counts.
      if (concernsClaims(change)) running?.claim.poolChanged(change.object);
    },
  });
  const policies = createInformer({
    ...base,
    resource: NETWORK_POLICIES,
    onChange: ({ object }) => running?.template.policyChanged(object),
  });
  const services = createInformer({
    ...base,
    resource: SERVICES,
    onChange({ object }) {
      running?.sandbox.childChanged(object);
      running?.endpoints.serviceChanged(object);
    },
  });
  const volumeClaims = createInformer({
    ...base,
    resource: PERSISTENT_VOLUME_CLAIMS,
    onChange: ({ object }) => running?.sandbox.childChanged(object),
  });
  const pods = createInformer({
    ...base,
    resource: PODS,
    indexes: { owner },
    onChange(change) {
      freshPods.changed(change);
      running?.sandbox.childChanged(change.object);
      running?.scheduler.podChanged(change.object);
      running?.endpoints.podChanged(change.object);
    },
  });
  const slices = createInformer({
    ...base,
    resource: ENDPOINT_SLICES,
    onChange: (change) => freshSlices.changed(change),
  });
  const nodes = createInformer({
    ...base,
    resource: NODES,
    onChange(change) {
      if (concernsScheduling(change)) running?.scheduler.nodesChanged();
    },
  });
  const freshSandboxes = new FreshObjects<Sandbox>(sandboxes);
  const freshClaims = new FreshObjects<SandboxClaim>(sandboxClaims);
  const freshPools = new FreshObjects<SandboxWarmPool>(pools);
  const freshPods = new FreshObjects<Pod>(pods);
  const freshSlices = new FreshObjects<EndpointSlice>(slices);
  const informers = [
    sandboxes,
    templates,
    sandboxClaims,
    pools,
    policies,
    services,
    volumeClaims,
    pods,
    slices,
    nodes,
  ];
  await Promise.all(informers.map((informer) => informer.synced));

  const shared = { client, events, logger };
  running = {
    sandbox: createSandboxController({
      ...shared,
      sandboxes: freshSandboxes,
      pods,
      freshPods,
      services,
      claims: volumeClaims,
      clusterDomain: options.clusterDomain ?? "cluster.local",
    }),
    template: createTemplateController({ ...shared, templates, policies }),
    claim: createClaimController({
      ...shared,
      claims: sandboxClaims,
      freshClaims,
      sandboxes,
      freshSandboxes,
      pools,
      templates,
    }),
    warmPool: createWarmPoolController({
      ...shared,
      pools,
      freshPools,
      templates,
      sandboxes,
      freshSandboxes,
      pods,
    }),
    scheduler: createScheduler({ ...shared, pods, nodes }),
    endpoints: createEndpointsController({ ...shared, services, pods, slices: freshSlices }),
  };
  for (const template of templates.list()) running.template.templateChanged(template);
  for (const sandbox of sandboxes.list()) running.sandbox.sandboxChanged(sandbox);
  for (const pool of pools.list()) running.warmPool.poolChanged(pool);
  for (const claim of sandboxClaims.list()) running.claim.claimChanged(claim);
  for (const pod of pods.list()) running.scheduler.podChanged(pod);
  for (const service of services.list()) running.endpoints.serviceChanged(service);

  const controllers = Object.values(running);
  let closing: Promise<void> | null = null;
  async function close(): Promise<void> {
    await Promise.all(controllers.map((controller) => controller.close()));
    await Promise.all(informers.map((informer) => informer.close()));
    await events.close();
  }
  return { close: () => (closing ??= close()) };
}

function poolLabelKey({ metadata }: Stored<Sandbox>): string[] {
  const pool = metadata.labels?.[LABEL_WARM_POOL_SANDBOX];
  return pool === undefined ? [] : [`${metadata.namespace}/${pool}`];
}

function concernsClaims(change: Change<SandboxWarmPool>): boolean {
  return (
    change.type !== "modified" || change.object.metadata.generation !== change.previous.metadata.generation
  );
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
