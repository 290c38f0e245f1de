import {
  controllerOf,
  LABEL_TEMPLATE_REF_HASH,
  LABEL_WARM_POOL_SANDBOX,
  type Sandbox,
  type SandboxClaim,
  type SandboxTemplate,
  type SandboxWarmPool,
  type Stored,
} from "@sandgate/contract";
import { EXTENSIONS_GROUP, LABEL_TEMPLATE_HASH } from "../extension-keys.ts";
import { blueprintHash, matchesBlueprint } from "../template/blueprint.ts";

/** How long a new claim waits for a member that has no address yet, and how often it looks, in milliseconds. */
const GRACE_MS = 2_000;
const LOOK_AGAIN_MS = 500;

export type Choice =
  | { kind: "member"; sandbox: Stored<Sandbox> }
  /** Members are on their way. */
  | { kind: "wait"; afterMs: number }
  | { kind: "none" };

/**
 * The member of a pool that a claim takes: a ready one, from the node that has most of them, the oldest first; else one
 * that has an address; one without is waited for a little while the claim is new.
 */
export function chooseMember(
  claim: Stored<SandboxClaim>,
  members: readonly Stored<Sandbox>[],
  pool: SandboxWarmPool | undefined,
  template: SandboxTemplate | undefined,
  nowMs: number,
): Choice {
  const adoptable = members.filter((one) => isAdoptable(one, claim) && isCurrent(one, pool, template));
  const addressed = adoptable.filter((one) => (one.status?.podIPs ?? []).length > 0);
  const best = spread(addressed.filter(isReady)) ?? spread(addressed);
  if (best !== undefined) return { kind: "member", sandbox: best };
  const left = Date.parse(claim.metadata.creationTimestamp ?? "") + GRACE_MS - nowMs;
  if (adoptable.length > 0 && left > 0) return { kind: "wait", afterMs: Math.min(LOOK_AGAIN_MS, left) };
  return { kind: "none" };
}

/** Whether this sandbox is a member of the claim's pool that can be handed out, ready or not. */
export function isAdoptable(sandbox: Sandbox, claim: SandboxClaim): boolean {
  const { deletionTimestamp, labels = {}, namespace } = sandbox.metadata;
  const owner = controllerOf(sandbox);
  return (
    deletionTimestamp === undefined &&
    namespace === claim.metadata.namespace &&
    labels[LABEL_WARM_POOL_SANDBOX] !== undefined &&
    labels[LABEL_TEMPLATE_REF_HASH] !== undefined &&
    isPoolOwner(owner) &&
    owner?.name === claim.spec.warmPoolRef.name
  );
}

/** Owner references outlive API versions: the group and the kind count. */
export function isPoolOwner(owner: ReturnType<typeof controllerOf>): boolean {
  return owner?.kind === "SandboxWarmPool" && owner.apiVersion.startsWith(`${EXTENSIONS_GROUP}/`);
}

export function isReady(sandbox: Sandbox): boolean {
  return sandbox.status?.conditions?.find((one) => one.type === "Ready")?.status === "True";
}

/** A pool that recreates its members hands out none of an earlier template. */
function isCurrent(
  sandbox: Sandbox,
  pool: SandboxWarmPool | undefined,
  template: SandboxTemplate | undefined,
): boolean {
  if (pool?.spec.updateStrategy?.type !== "Recreate") return pool !== undefined;
  if (template === undefined) return false;
  return (
    sandbox.metadata.labels?.[LABEL_TEMPLATE_HASH] === blueprintHash(template) ||
    matchesBlueprint(template, sandbox)
  );
}

function spread(members: readonly Stored<Sandbox>[]): Stored<Sandbox> | undefined {
  const onNode = new Map<string, number>();
  for (const { status } of members) {
    const node = status?.nodeName ?? "";
    if (node !== "") onNode.set(node, (onNode.get(node) ?? 0) + 1);
  }
  const weight = (one: Stored<Sandbox>): number => onNode.get(one.status?.nodeName ?? "") ?? 0;
  return members.toSorted((a, b) => weight(b) - weight(a) || byAge(a, b))[0];
}

/** The older first. */
export function byAge(a: Stored<Sandbox>, b: Stored<Sandbox>): number {
  const made = ({ metadata }: Stored<Sandbox>): number => Date.parse(metadata.creationTimestamp ?? "");
  return made(a) - made(b) || (a.metadata.name < b.metadata.name ? -1 : 1);
}
