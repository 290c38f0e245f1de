import {
  controllerOf,
  type Logger,
  type Sandbox,
  type SandboxClaim,
  type SandboxTemplate,
  type SandboxWarmPool,
  type Stored,
} from "@sandgate/contract";
import {
  createWorkQueue,
  objectKey,
  SANDBOX_CLAIMS,
  SANDBOXES,
  type Change,
  type EventRecorder,
  type Informer,
  type KubeClient,
} from "@sandgate/kube";
import {
  ANNOTATION_ASSIGNED_SANDBOX,
  ANNOTATION_FIRST_OBSERVED,
  ANNOTATION_FIRST_READY,
} from "../extension-keys.ts";
import type { FreshObjects } from "../fresh-objects.ts";
import { ownershipOf } from "../owner.ts";
import { isSame } from "../same.ts";
import { tolerateMissing, tolerateStale } from "../tolerate.ts";
import { withKind } from "../with-kind.ts";
import { isPoolOwner, isReady } from "./choose-member.ts";
import { claimEndMs, isToldExpired } from "./claim-expiry.ts";
import { failureOf } from "./claim-failure.ts";
import { claimStatus, type ClaimOutcome } from "./claim-status.ts";
import { planClaim, type ClaimPlan, type ClaimView } from "./plan-claim.ts";
import { CLAIM_WRITE, createSandboxProvider } from "./provide-sandbox.ts";

export interface ClaimControllerOptions {
  client: KubeClient;
  claims: Informer<SandboxClaim>;
  freshClaims: FreshObjects<SandboxClaim>;
  /** Indexed by `owner`: the controlling UID. */
  sandboxes: Informer<Sandbox>;
  freshSandboxes: FreshObjects<Sandbox>;
  pools: Informer<SandboxWarmPool>;
  templates: Informer<SandboxTemplate>;
  events: EventRecorder;
  logger: Logger;
}

export interface ClaimController {
  claimChanged(claim: Stored<SandboxClaim>): void;
  sandboxChanged(change: Change<Sandbox>): void;
  poolChanged(pool: Stored<SandboxWarmPool>): void;
  templateChanged(template: Stored<SandboxTemplate>): void;
  close(): Promise<void>;
}

/** How soon a sandbox that is there already, but not seen yet, is looked for again, in milliseconds. */
const LOOK_AGAIN_MS = 200;

/** Gives each claim a sandbox: a pool's, or one of its own. Keys are `namespace/name` of claims. */
export function createClaimController(options: ClaimControllerOptions): ClaimController {
  const { client, claims, freshClaims, sandboxes, freshSandboxes, pools, templates, events } = options;
  const provide = createSandboxProvider({ client, sandboxes: freshSandboxes, events });
  const queue = createWorkQueue({ work: reconcile, name: "claim", logger: options.logger, concurrency: 32 });
  /** Sandboxes being taken over, by UID, with the UID of the claim. */
  const reserved = new Map<string, string>();
  /** When a claim was first seen, by UID, until its annotation says it. */
  const observed = new Map<string, string>();

  async function reconcile(key: string): Promise<void> {
    const claim = freshClaims.get(key);
    if (claim === undefined || claim.metadata.deletionTimestamp !== undefined) return;
    const plan = planClaim(observe(claim));
    if (plan.kind === "adopt") reserved.set(plan.sandbox.metadata.uid, claim.metadata.uid);
    try {
      await carryOut(claim, plan);
    } finally {
      if (plan.kind === "adopt") reserved.delete(plan.sandbox.metadata.uid);
    }
  }

  function observe(claim: Stored<SandboxClaim>): ClaimView {
    const { namespace, name, uid, annotations = {} } = claim.metadata;
    const names = [claim.status?.sandbox?.name ?? "", annotations[ANNOTATION_ASSIGNED_SANDBOX] ?? "", name];
    const found = names.flatMap((one) => {
      const sandbox = one === "" ? undefined : freshSandboxes.get(`${namespace}/${one}`);
      return sandbox === undefined ? [] : [[one, sandbox] as const];
    });
    const pool = pools.get(`${namespace}/${claim.spec.warmPoolRef.name}`);
    const members = pool === undefined ? [] : sandboxes.byIndex("owner", pool.metadata.uid);
    return {
      claim,
      sandboxes: new Map(found),
      members: members
        .filter((one) => (reserved.get(one.metadata.uid) ?? uid) === uid)
        .flatMap((one) => freshSandboxes.get(objectKey(one)) ?? []),
      pool,
      template: pool && templates.get(`${namespace}/${pool.spec.sandboxTemplateRef.name}`),
      nowMs: Date.now(),
    };
  }

  async function carryOut(seen: Stored<SandboxClaim>, plan: ClaimPlan): Promise<void> {
    const key = objectKey(seen);
    if (plan.kind === "expire" || plan.kind === "delete") {
      await expire(seen, plan);
      return;
    }
    const claim = await annotate(seen, plan);
    // Changed since it was read: its event has it planned again.
    if (claim === undefined) return;
    if (plan.kind === "wait") {
      queue.addAfter(key, plan.afterMs);
      return;
    }
    const outcome: ClaimOutcome = { sandbox: undefined, failure: null, expired: false };
    try {
      outcome.sandbox = await provide(claim, plan, () => observe(claim).template);
    } catch (error) {
      outcome.failure = failureOf(error);
      if (plan.kind === "keep") outcome.sandbox = plan.sandbox;
    }
    const told = await writeStatus(claim, outcome);
    if (told !== undefined) await stampFirstReady(claim, told);
    const end = claimEndMs(told ?? claim);
    if (end !== null) queue.addAfter(key, Math.max(end - Date.now(), 0));
    if (outcome.failure?.reason === "SandboxCreatePending") queue.addAfter(key, LOOK_AGAIN_MS);
    else if (outcome.failure?.retryable === true) throw outcome.failure;
  }

  /**
   * Writes down which sandbox the claim has chosen, before it is taken over, so that a restart in between finishes it. At
   * first also when the claim was seen.
   */
  async function annotate(
    claim: Stored<SandboxClaim>,
    plan: ClaimPlan,
  ): Promise<Stored<SandboxClaim> | undefined> {
    const known = claim.metadata.annotations ?? {};
    const annotations: Record<string, string | null> = {};
    if (known[ANNOTATION_FIRST_OBSERVED] === undefined)
      annotations[ANNOTATION_FIRST_OBSERVED] = observed.get(claim.metadata.uid) ?? timestamp();
    if (plan.kind === "adopt") {
      if (known[ANNOTATION_ASSIGNED_SANDBOX] !== plan.sandbox.metadata.name)
        annotations[ANNOTATION_ASSIGNED_SANDBOX] = plan.sandbox.metadata.name;
    } else if (plan.forget) {
      annotations[ANNOTATION_ASSIGNED_SANDBOX] = null;
    }
    if (Object.keys(annotations).length === 0) return claim;
    return patchClaim(claim, { annotations });
  }

  async function expire(
    claim: Stored<SandboxClaim>,
    plan: Extract<ClaimPlan, { kind: "expire" | "delete" }>,
  ): Promise<void> {
    let told: Stored<SandboxClaim> | undefined = claim;
    if (!isToldExpired(claim)) {
      const failure = plan.kind === "expire" ? plan.failure : null;
      const sandbox = boundSandbox(claim);
      told = await writeStatus(claim, { sandbox, failure, expired: true });
      if (told === undefined) return;
      events.record(withKind(SANDBOX_CLAIMS, claim), "Normal", "ClaimExpired", "Claim expired");
    }
    if (plan.kind === "delete") {
      const policy = claim.spec.lifecycle?.shutdownPolicy ?? "";
      const message = `Deleting Claim (ShutdownPolicy=${policy})`;
      events.record(withKind(SANDBOX_CLAIMS, claim), "Normal", "ClaimExpired", message);
      await tolerateMissing(
        client.delete(SANDBOX_CLAIMS, keyOf(claim), {
          preconditions: { uid: claim.metadata.uid },
          propagationPolicy: plan.foreground ? "Foreground" : "Background",
        }),
      );
      return;
    }
    const { sandbox } = plan;
    if (sandbox !== undefined && sandbox.metadata.deletionTimestamp === undefined) {
      const preconditions = { uid: sandbox.metadata.uid };
      await tolerateStale(client.delete(SANDBOXES, keyOf(sandbox), { preconditions }));
    }
    await writeStatus(told, { sandbox, failure: plan.failure, expired: true });
  }

  function boundSandbox(claim: Stored<SandboxClaim>): Stored<Sandbox> | undefined {
    const sandbox = freshSandboxes.get(`${claim.metadata.namespace}/${claim.status?.sandbox?.name ?? ""}`);
    return sandbox !== undefined && ownershipOf(sandbox, claim) === "own" ? sandbox : undefined;
  }

  /** @returns The claim with the status it has now; undefined where it has changed since it was read, or is gone. */
  async function writeStatus(
    claim: Stored<SandboxClaim>,
    outcome: ClaimOutcome,
  ): Promise<Stored<SandboxClaim> | undefined> {
    const status = claimStatus(claim, outcome, Date.now());
    const before = claim.status ?? {};
    if (isSame({ ...before, sandbox: before.sandbox ?? {} }, status)) return claim;
    const gone = Object.keys(before.sandbox ?? {}).filter((key) => !(key in (status.sandbox ?? {})));
    const sandbox = { ...Object.fromEntries(gone.map((key) => [key, null])), ...status.sandbox };
    const body = {
      metadata: { uid: claim.metadata.uid, resourceVersion: claim.metadata.resourceVersion },
      status: { ...status, sandbox },
    };
    const patch = { type: "merge", body } as const;
    const written = await tolerateStale(
      client.patch(SANDBOX_CLAIMS, keyOf(claim), patch, { ...CLAIM_WRITE, subresource: "status" }),
    );
    if (written !== undefined) freshClaims.wrote(written);
    return written;
  }

  /** Marks the first time that the claim was ready; nobody waits for this write. */
  async function stampFirstReady(before: Stored<SandboxClaim>, claim: Stored<SandboxClaim>): Promise<void> {
    const isNow = readyStatus(claim) === "True";
    const was = readyStatus(before) === "True";
    if ((!isNow && !was) || claim.metadata.annotations?.[ANNOTATION_FIRST_READY] !== undefined) return;
    await patchClaim(claim, { annotations: { [ANNOTATION_FIRST_READY]: was ? "unknown" : timestamp() } });
  }

  async function patchClaim(
    claim: Stored<SandboxClaim>,
    metadata: { annotations: Record<string, string | null> },
  ): Promise<Stored<SandboxClaim> | undefined> {
    const { uid, resourceVersion } = claim.metadata;
    const patch = { type: "merge", body: { metadata: { uid, resourceVersion, ...metadata } } } as const;
    const written = await tolerateStale(client.patch(SANDBOX_CLAIMS, keyOf(claim), patch, CLAIM_WRITE));
    if (written !== undefined) freshClaims.wrote(written);
    return written;
  }

  /** Claims without a sandbox look again at what has changed for them. */
  function wakeWaiting(namespace: string | undefined, pool: string): void {
    for (const claim of claims.byIndex("pool", `${namespace}/${pool}`)) {
      if ((claim.status?.sandbox?.name ?? "") === "") queue.add(objectKey(claim));
    }
  }

  return {
    claimChanged(claim) {
      const { uid, annotations } = claim.metadata;
      if (
        annotations?.[ANNOTATION_FIRST_OBSERVED] !== undefined ||
        claims.get(objectKey(claim)) === undefined
      )
        observed.delete(uid);
      else if (!observed.has(uid)) observed.set(uid, timestamp());
      queue.add(objectKey(claim));
    },
    sandboxChanged(change) {
      const { object } = change;
      const { namespace, name } = object.metadata;
      const owner = controllerOf(object);
      if (owner?.kind === "SandboxClaim") queue.add(`${namespace}/${owner.name}`);
      // Whoever stood in a claim's way under its name may have gone.
      else if (change.type === "deleted") queue.add(`${namespace}/${name}`);
      if (owner !== undefined && isPoolOwner(owner) && isReady(object)) wakeWaiting(namespace, owner.name);
    },
    poolChanged: (pool) => wakeWaiting(pool.metadata.namespace, pool.metadata.name),
    templateChanged(template) {
      const { namespace, name } = template.metadata;
      for (const pool of pools.byIndex("template", `${namespace}/${name}`))
        wakeWaiting(namespace, pool.metadata.name);
    },
    close: () => queue.close(),
  };
}

function readyStatus(claim: SandboxClaim): string | undefined {
  return claim.status?.conditions?.find((one) => one.type === "Ready")?.status;
}

function keyOf(object: Stored<Sandbox> | Stored<SandboxClaim>): {
  namespace?: string | undefined;
  name: string;
} {
  return { namespace: object.metadata.namespace, name: object.metadata.name };
}

function timestamp(): string {
  return new Date().toISOString();
}
