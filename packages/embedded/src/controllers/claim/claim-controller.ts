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
  isAlreadyExists,
  isConflict,
  isNotFound,
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
import { isAdoptable, isPoolOwner, isReady } from "./choose-member.ts";
import { claimEndMs, isToldExpired } from "./claim-expiry.ts";
import { ClaimFailure, failureOf, reconcilerError } from "./claim-failure.ts";
import { claimStatus, type ClaimOutcome } from "./claim-status.ts";
import { adoptionPatch } from "./claimed-sandbox.ts";
import { planClaim, type ClaimPlan, type ClaimView } from "./plan-claim.ts";

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

const WRITE = { fieldManager: "sandboxclaim-controller" };
/** Attempts to take over one sandbox whose status is being written at the same time. */
const ADOPTION_ATTEMPTS = 5;
/** How soon a sandbox that is there already, but not seen yet, is looked for again, in milliseconds. */
const LOOK_AGAIN_MS = 200;

/** Gives each claim a sandbox: a pool's, or one of its own. Keys are `namespace/name` of claims. */
export function createClaimController(options: ClaimControllerOptions): ClaimController {
  const { client, claims, freshClaims, sandboxes, freshSandboxes, pools, templates, events } = options;
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
      outcome.sandbox = await provide(claim, plan);
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

  async function provide(
    claim: Stored<SandboxClaim>,
    plan: Extract<ClaimPlan, { kind: "keep" | "adopt" | "create" | "fail" }>,
  ): Promise<Stored<Sandbox> | undefined> {
    switch (plan.kind) {
      case "keep": {
        if (plan.patch === null) return plan.sandbox;
        const patch = { type: "merge", body: plan.patch } as const;
        const patched = await client.patch(SANDBOXES, keyOf(plan.sandbox), patch, WRITE);
        freshSandboxes.wrote(patched);
        return patched;
      }
      case "adopt":
        return adopt(claim, plan.sandbox);
      case "create":
        return create(claim, plan.sandbox);
      case "fail":
        throw plan.failure;
      default:
        return plan satisfies never;
    }
  }

  async function create(claim: Stored<SandboxClaim>, sandbox: Sandbox): Promise<Stored<Sandbox>> {
    try {
      const made = await client.create(SANDBOXES, sandbox, WRITE);
      freshSandboxes.wrote(made);
      events.record(
        withKind(SANDBOX_CLAIMS, claim),
        "Normal",
        "SandboxProvisioned",
        `Created Sandbox "${made.metadata.name}"`,
      );
      return made;
    } catch (error) {
      if (isAlreadyExists(error)) {
        throw new ClaimFailure(
          "SandboxCreatePending",
          "Sandbox already created; waiting for cache to converge",
          { retryable: true },
        );
      }
      throw reconcilerError(
        `sandbox create error: ${error instanceof Error ? error.message : String(error)}`,
      );
    }
  }

  /** Takes over the sandbox that the claim has chosen; where it has changed meanwhile, on its newest version. */
  async function adopt(claim: Stored<SandboxClaim>, chosen: Stored<Sandbox>): Promise<Stored<Sandbox>> {
    let sandbox = chosen;
    for (let attempt = 1; ; attempt++) {
      try {
        const body = adoptionPatch(sandbox, claim, observe(claim).template);
        const adopted = await client.patch(SANDBOXES, keyOf(sandbox), { type: "merge", body }, WRITE);
        freshSandboxes.wrote(adopted);
        events.record(
          withKind(SANDBOX_CLAIMS, claim),
          "Normal",
          "SandboxAdopted",
          `Adopted warm pool Sandbox "${adopted.metadata.name}"`,
        );
        return adopted;
      } catch (error) {
        if (!isConflict(error) && !isNotFound(error)) throw error;
        const { name } = chosen.metadata;
        const newest = await tolerateMissing(client.get(SANDBOXES, keyOf(chosen)));
        if (newest === undefined) throw conflict(`sandbox ${name} deleted before adoption completed`);
        freshSandboxes.wrote(newest);
        if (ownershipOf(newest, claim) === "own") return newest;
        if (!isAdoptable(newest, claim))
          throw conflict(`sandbox ${name} is no longer adoptable by claim ${claim.metadata.name}`);
        if (attempt === ADOPTION_ATTEMPTS)
          throw conflict(`completing adoption of ${name} for claim ${claim.metadata.name}`);
        sandbox = newest;
      }
    }
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
      client.patch(SANDBOX_CLAIMS, keyOf(claim), patch, { ...WRITE, subresource: "status" }),
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
    const written = await tolerateStale(client.patch(SANDBOX_CLAIMS, keyOf(claim), patch, WRITE));
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

function conflict(what: string): ClaimFailure {
  return new ClaimFailure(
    "AdoptionConflict",
    `adoption write conflict: ${what}; the next pass retries from a converged view`,
    {
      retryable: true,
    },
  );
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
