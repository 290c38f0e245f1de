import {
  controllerOf,
  LABEL_WARM_POOL_SANDBOX,
  type KubeObject,
  type Pod,
  type Sandbox,
  type SandboxClaim,
  type SandboxWarmPool,
  type Stored,
} from "@sandgate/contract";
import {
  createInformer,
  NETWORK_POLICIES,
  PERSISTENT_VOLUME_CLAIMS,
  SANDBOX_CLAIMS,
  SANDBOX_TEMPLATES,
  SANDBOX_WARM_POOLS,
  SANDBOXES,
  type Change,
} from "@sandgate/kube";
import { createClaimController, type ClaimController } from "./claim/claim-controller.ts";
import type { ControllerGroup, GroupOptions } from "./controller-group.ts";
import { FreshObjects } from "./fresh-objects.ts";
import { createSandboxController, type SandboxController } from "./sandbox/sandbox-controller.ts";
import { createTemplateController, type TemplateController } from "./template/template-controller.ts";
import { createWarmPoolController, type WarmPoolController } from "./warm-pool/warm-pool-controller.ts";

interface Running {
  sandbox: SandboxController;
  template: TemplateController;
  claim: ClaimController;
  warmPool: WarmPoolController;
}

/** agent-sandbox's: Sandbox, SandboxTemplate, SandboxClaim and SandboxWarmPool. */
export async function startSandboxControllers(
  options: GroupOptions & { clusterDomain: string },
): Promise<ControllerGroup> {
  const { client, logger, events, pods, services } = options;
  let running: Running | null = null;
  const base = { client, logger };

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
  const volumeClaims = createInformer({
    ...base,
    resource: PERSISTENT_VOLUME_CLAIMS,
    onChange: ({ object }) => running?.sandbox.childChanged(object),
  });
  const freshSandboxes = new FreshObjects<Sandbox>(sandboxes);
  const freshClaims = new FreshObjects<SandboxClaim>(sandboxClaims);
  const freshPools = new FreshObjects<SandboxWarmPool>(pools);
  const freshPods = new FreshObjects<Pod>(pods);
  const informers = [sandboxes, templates, sandboxClaims, pools, policies, volumeClaims];
  await Promise.all(informers.map((informer) => informer.synced));

  const shared = { client, events, logger };
  const started: Running = {
    sandbox: createSandboxController({
      ...shared,
      sandboxes: freshSandboxes,
      pods,
      freshPods,
      services,
      claims: volumeClaims,
      clusterDomain: options.clusterDomain,
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
  };
  running = started;
  return {
    podChanged(change) {
      freshPods.changed(change);
      started.sandbox.childChanged(change.object);
    },
    serviceChanged: (service) => started.sandbox.childChanged(service),
    start() {
      for (const template of templates.list()) started.template.templateChanged(template);
      for (const sandbox of sandboxes.list()) started.sandbox.sandboxChanged(sandbox);
      for (const pool of pools.list()) started.warmPool.poolChanged(pool);
      for (const claim of sandboxClaims.list()) started.claim.claimChanged(claim);
    },
    async close() {
      await Promise.all(Object.values(started).map((controller) => controller.close()));
      await Promise.all(informers.map((informer) => informer.close()));
    },
  };
}

function owner(object: KubeObject): string[] {
  return [controllerOf(object)?.uid ?? ""];
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
