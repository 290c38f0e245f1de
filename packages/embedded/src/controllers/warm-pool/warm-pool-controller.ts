import {
  controllerOf,
  LABEL_WARM_POOL_SANDBOX,
  type Logger,
  type Pod,
  type Sandbox,
  type SandboxTemplate,
  type SandboxWarmPool,
  type Stored,
} from "@sandgate/contract";
import {
  createWorkQueue,
  objectKey,
  SANDBOX_WARM_POOLS,
  SANDBOXES,
  type Change,
  type EventRecorder,
  type Informer,
  type KubeClient,
} from "@sandgate/kube";
import type { FreshObjects } from "../fresh-objects.ts";
import { nameHash } from "../name-hash.ts";
import { isSame } from "../same.ts";
import { tolerateMissing, tolerateStale } from "../tolerate.ts";
import { withKind } from "../with-kind.ts";
import { planWarmPool, READINESS_GRACE_MS } from "./plan-warm-pool.ts";
import { poolMember } from "./pool-member.ts";

export interface WarmPoolControllerOptions {
  client: KubeClient;
  pools: Informer<SandboxWarmPool>;
  freshPools: FreshObjects<SandboxWarmPool>;
  templates: Informer<SandboxTemplate>;
  /** Indexed by `pool`: `namespace/` and the value of the pool label. */
  sandboxes: Informer<Sandbox>;
  freshSandboxes: FreshObjects<Sandbox>;
  pods: Informer<Pod>;
  events: EventRecorder;
  logger: Logger;
}

export interface WarmPoolController {
  poolChanged(pool: Stored<SandboxWarmPool>): void;
  sandboxChanged(change: Change<Sandbox>): void;
  templateChanged(template: Stored<SandboxTemplate>): void;
  close(): Promise<void>;
}

const WRITE = { fieldManager: "sandboxwarmpool-controller" };

/** Keeps each pool's members: as many as asked for, ready to be claimed. Keys are `namespace/name` of pools. */
export function createWarmPoolController(options: WarmPoolControllerOptions): WarmPoolController {
  const { client, pools, freshPools, templates, sandboxes, freshSandboxes, pods, events } = options;
  const queue = createWorkQueue({ work: reconcile, name: "warm pool", logger: options.logger });
  /** UIDs of members whose deletion is asked for, until the watch shows that they are gone. */
  const deleting = new Set<string>();
  /** Pools that were told to be stuck. */
  const stuck = new Set<string>();

  async function reconcile(key: string): Promise<void> {
    const pool = freshPools.get(key);
    if (pool === undefined || pool.metadata.deletionTimestamp !== undefined) {
      stuck.delete(key);
      return;
    }
    const template = templates.get(`${pool.metadata.namespace}/${pool.spec.sandboxTemplateRef.name}`);
    const plan = planWarmPool({
      pool,
      template,
      labelled: labelledFor(pool),
      deleting,
      isUnschedulable,
      nowMs: Date.now(),
    });
    // Every member that could be made counts, whatever became of the others.
    const outcomes = await Promise.allSettled([
      ...plan.patches.map(({ sandbox, patch }) => patchMember(sandbox, patch)),
      ...plan.remove.map(remove),
    ]);
    let failure: unknown = outcomes.find((one) => one.status === "rejected")?.reason;
    if (template !== undefined) failure ??= await createMembers(pool, template, plan.create);
    tellProgress(key, pool, plan.unschedulable);
    // Members just made are events to come, each with a pass of its own: that one tells.
    if (plan.create === 0 || failure !== undefined) await writeStatus(pool, plan.status);
    if (plan.lookAgainMs !== null) queue.addAfter(key, plan.lookAgainMs);
    if (failure !== undefined) throw failure;
  }

  function labelledFor(pool: Stored<SandboxWarmPool>): Stored<Sandbox>[] {
    const { namespace, name } = pool.metadata;
    const hash = nameHash(name);
    const known = sandboxes.byIndex("pool", `${namespace}/${hash}`);
    const made = [...freshSandboxes.unseen()].filter(
      (one) =>
        one.metadata.namespace === namespace && one.metadata.labels?.[LABEL_WARM_POOL_SANDBOX] === hash,
    );
    const newest = known.flatMap((one) => freshSandboxes.get(objectKey(one)) ?? []);
    return [...newest, ...made].filter((one) => one.metadata.labels?.[LABEL_WARM_POOL_SANDBOX] === hash);
  }

  function isUnschedulable(member: Stored<Sandbox>): boolean {
    const pod = pods.get(objectKey(member));
    if (pod === undefined || pod.metadata.deletionTimestamp !== undefined) return false;
    const scheduled = pod.status?.conditions?.find((one) => one.type === "PodScheduled");
    return scheduled?.status === "False" && scheduled.reason === "Unschedulable";
  }

  /** Makes members in growing batches, so that a refusal (a quota) is met by one request and not by hundreds. */
  async function createMembers(
    pool: Stored<SandboxWarmPool>,
    template: SandboxTemplate,
    count: number,
  ): Promise<unknown> {
    const member = poolMember(pool, template);
    for (let left = count, size = 1; left > 0; size *= 2) {
      const batch = Math.min(size, left);
      left -= batch;
      const writes = Array.from({ length: batch }, async () => {
        freshSandboxes.wrote(await client.create(SANDBOXES, member, WRITE));
      });
      const outcomes = await Promise.allSettled(writes);
      const refused = outcomes.find((one) => one.status === "rejected");
      if (refused !== undefined) return refused.reason;
    }
    return undefined;
  }

  async function patchMember(sandbox: Stored<Sandbox>, body: object): Promise<void> {
    const { namespace, name } = sandbox.metadata;
    const patched = await tolerateStale(
      client.patch(SANDBOXES, { namespace, name }, { type: "merge", body }, WRITE),
    );
    if (patched !== undefined) freshSandboxes.wrote(patched);
  }

  /** Removes a member, unless a claim has taken it since it was read. */
  async function remove(sandbox: Stored<Sandbox>): Promise<void> {
    const { namespace, name, uid } = sandbox.metadata;
    deleting.add(uid);
    try {
      const newest = await tolerateMissing(client.get(SANDBOXES, { namespace, name }));
      if (newest === undefined) return;
      if (newest.metadata.uid !== uid || controllerOf(newest)?.uid !== controllerOf(sandbox)?.uid) {
        deleting.delete(uid);
        return;
      }
      const preconditions = { uid, resourceVersion: newest.metadata.resourceVersion };
      await tolerateMissing(client.delete(SANDBOXES, { namespace, name }, { preconditions }));
    } catch (error) {
      deleting.delete(uid);
      throw error;
    }
  }

  function tellProgress(key: string, pool: Stored<SandboxWarmPool>, unschedulable: number): void {
    if (unschedulable > 0 === stuck.has(key)) return;
    const subject = withKind(SANDBOX_WARM_POOLS, pool);
    if (unschedulable === 0) {
      stuck.delete(key);
      events.record(subject, "Normal", "WarmPoolProgressing", "Warm pool is progressing again");
      return;
    }
    stuck.add(key);
    const message =
      `${unschedulable}/${pool.spec.replicas ?? 1} sandboxes are unschedulable past the ` +
      `${READINESS_GRACE_MS / 60_000}m readiness grace period; holding them instead of replacing them`;
    events.record(subject, "Warning", "WarmPoolNotProgressing", message);
  }

  async function writeStatus(
    pool: Stored<SandboxWarmPool>,
    status: NonNullable<SandboxWarmPool["status"]>,
  ): Promise<void> {
    if (isSame(pool.status ?? {}, status)) return;
    const { namespace, name } = pool.metadata;
    const gone = Object.keys(pool.status ?? {}).filter((member) => !(member in status));
    const body = { status: { ...Object.fromEntries(gone.map((member) => [member, null])), ...status } };
    const patch = { type: "merge", body } as const;
    const written = await tolerateMissing(
      client.patch(SANDBOX_WARM_POOLS, { namespace, name }, patch, { ...WRITE, subresource: "status" }),
    );
    if (written !== undefined) freshPools.wrote(written);
  }

  function wakeOwner(sandbox: Stored<Sandbox>): void {
    const owner = controllerOf(sandbox);
    if (owner?.kind === "SandboxWarmPool") queue.add(`${sandbox.metadata.namespace}/${owner.name}`);
  }

  return {
    poolChanged: (pool) => queue.add(objectKey(pool)),
    sandboxChanged(change) {
      if (change.type === "deleted") deleting.delete(change.object.metadata.uid);
      // One that a claim has taken leaves a gap in the pool that had it.
      if (
        change.type === "modified" &&
        controllerOf(change.previous)?.uid !== controllerOf(change.object)?.uid
      )
        wakeOwner(change.previous);
      wakeOwner(change.object);
    },
    templateChanged(template) {
      const { namespace, name } = template.metadata;
      for (const pool of pools.byIndex("template", `${namespace}/${name}`)) queue.add(objectKey(pool));
    },
    close: () => queue.close(),
  };
}
