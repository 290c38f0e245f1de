import {
  controllerOf,
  LABEL_TEMPLATE_REF_HASH,
  LABEL_WARM_POOL_SANDBOX,
  type Sandbox,
  type SandboxTemplate,
  type SandboxWarmPool,
  type Stored,
} from "@sandgate/contract";
import { SANDBOX_WARM_POOLS } from "@sandgate/kube";
import { byAge, isReady } from "../claim/choose-member.ts";
import { LABEL_LAUNCH_TYPE, LABEL_TEMPLATE_HASH } from "../extension-keys.ts";
import { nameHash } from "../name-hash.ts";
import { ownerReference, ownershipOf } from "../owner.ts";
import { blueprintHash, matchesBlueprint } from "../template/blueprint.ts";

/** What a pass over one pool sees. */
export interface WarmPoolView {
  pool: Stored<SandboxWarmPool>;
  /** Undefined where it is missing: the pool keeps what it has. */
  template: Stored<SandboxTemplate> | undefined;
  /** Sandboxes in the pool's namespace that carry its label. */
  labelled: readonly Stored<Sandbox>[];
  /** UIDs of sandboxes whose deletion is asked for and not yet seen. */
  deleting: ReadonlySet<string>;
  /** Whether the member's pod has found no node. */
  isUnschedulable: (member: Stored<Sandbox>) => boolean;
  nowMs: number;
}

export interface WarmPoolPlan {
  /** How many new members to make. */
  create: number;
  remove: readonly Stored<Sandbox>[];
  /** Members whose labels or owner have to be set, as merge patches. */
  patches: readonly { sandbox: Stored<Sandbox>; patch: object }[];
  status: NonNullable<SandboxWarmPool["status"]>;
  /** Members that are held although they are overdue, because new ones would find no node either. */
  unschedulable: number;
  /** When a member's time to become ready is over, in milliseconds from now; null if none is waited for. */
  lookAgainMs: number | null;
}

/** How long a member may take to become ready before it is replaced, in milliseconds. */
export const READINESS_GRACE_MS = 5 * 60_000;
const GRACE_SLACK_MS = 2_000;
const UNSCHEDULABLE_RECHECK_MS = 60_000;
/** Members made or removed in one pass. */
const BATCH = 300;

/** Decides what to do about one pool. Pure. */
export function planWarmPool(view: WarmPoolView): WarmPoolPlan {
  const { pool, template, nowMs } = view;
  const remove: Stored<Sandbox>[] = [];
  const patches: { sandbox: Stored<Sandbox>; patch: object }[] = [];
  const active: Stored<Sandbox>[] = [];
  let terminating = 0;
  let unschedulable = 0;
  let lookAgainMs: number | null = null;
  const sooner = (ms: number): number => Math.min(lookAgainMs ?? Number.POSITIVE_INFINITY, ms);

  for (const sandbox of view.labelled) {
    const ownership = ownershipOf(sandbox, pool);
    if (ownership === "other") continue;
    const isOwn = ownership === "own";
    if (sandbox.metadata.deletionTimestamp !== undefined || view.deleting.has(sandbox.metadata.uid)) {
      if (isOwn) terminating++;
      continue;
    }
    if (template !== undefined && isToGo(sandbox, pool, template, isOwn)) {
      remove.push(sandbox);
      if (isOwn) terminating++;
      continue;
    }
    const patch = membershipPatch(sandbox, pool, isOwn);
    if (patch !== null) patches.push({ sandbox, patch });
    if (!isReady(sandbox)) {
      const left =
        Date.parse(sandbox.metadata.creationTimestamp ?? "") + READINESS_GRACE_MS - nowMs + GRACE_SLACK_MS;
      if (left > GRACE_SLACK_MS) {
        lookAgainMs = sooner(left);
      } else if (view.isUnschedulable(sandbox)) {
        unschedulable++;
        lookAgainMs = sooner(UNSCHEDULABLE_RECHECK_MS);
      } else {
        remove.push(sandbox);
        terminating++;
        continue;
      }
    }
    active.push(sandbox);
  }

  const wanted = pool.spec.replicas ?? 1;
  const missing = template === undefined ? 0 : Math.max(wanted - active.length - terminating, 0);
  const excess = Math.min(Math.max(active.length - wanted, 0), BATCH);
  // Those that are not ready go first, then the newest.
  const byWorth = active.toSorted((a, b) => Number(isReady(a)) - Number(isReady(b)) || byAge(b, a));
  remove.push(...byWorth.slice(0, excess));
  return {
    create: Math.min(missing, BATCH),
    remove,
    patches,
    status: {
      ...countOf("replicas", active.length),
      ...countOf("readyReplicas", active.filter(isReady).length),
      selector: `${LABEL_WARM_POOL_SANDBOX}=${nameHash(pool.metadata.name)}`,
      ...(pool.metadata.generation === undefined ? {} : { observedGeneration: pool.metadata.generation }),
    },
    unschedulable,
    lookAgainMs,
  };
}

/** None is told by leaving the count out, as upstream does. */
function countOf(member: "replicas" | "readyReplicas", count: number): WarmPoolPlan["status"] {
  return count === 0 ? {} : { [member]: count };
}

/** Whether a sandbox is of an earlier template: of a pool that recreates, or one that nobody owns any more. */
function isToGo(
  sandbox: Stored<Sandbox>,
  pool: SandboxWarmPool,
  template: Stored<SandboxTemplate>,
  isOwn: boolean,
): boolean {
  if (isOwn && pool.spec.updateStrategy?.type !== "Recreate") return false;
  const { labels = {} } = sandbox.metadata;
  if (labels[LABEL_TEMPLATE_REF_HASH] !== nameHash(template.metadata.name)) return true;
  if (isOwn && labels[LABEL_TEMPLATE_HASH] === blueprintHash(template)) return false;
  return !matchesBlueprint(template, sandbox);
}

function membershipPatch(
  sandbox: Stored<Sandbox>,
  pool: Stored<SandboxWarmPool>,
  isOwn: boolean,
): object | null {
  const { uid, resourceVersion, labels = {}, ownerReferences = [] } = sandbox.metadata;
  const isMarked = labels[LABEL_LAUNCH_TYPE] === "warm";
  if (isOwn && isMarked) return null;
  const references = ownerReferences.filter((one) => one !== controllerOf(sandbox));
  return {
    metadata: {
      uid,
      resourceVersion,
      labels: { [LABEL_LAUNCH_TYPE]: "warm" },
      ...(isOwn ? {} : { ownerReferences: [...references, ownerReference(SANDBOX_WARM_POOLS, pool)] }),
    },
  };
}
