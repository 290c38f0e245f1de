import type { Sandbox, SandboxClaim, SandboxTemplate, Stored } from "@sandgate/contract";
import {
  isAlreadyExists,
  isConflict,
  isNotFound,
  SANDBOX_CLAIMS,
  SANDBOXES,
  type EventRecorder,
  type KubeClient,
} from "@sandgate/kube";
import type { FreshObjects } from "../fresh-objects.ts";
import { ownershipOf } from "../owner.ts";
import { tolerateMissing } from "../tolerate.ts";
import { withKind } from "../with-kind.ts";
import { isAdoptable } from "./choose-member.ts";
import { ClaimFailure, reconcilerError } from "./claim-failure.ts";
import { adoptionPatch } from "./claimed-sandbox.ts";
import type { ClaimPlan } from "./plan-claim.ts";

export const CLAIM_WRITE = { fieldManager: "sandboxclaim-controller" };

/** Attempts to take over one sandbox whose status is being written at the same time. */
const ADOPTION_ATTEMPTS = 5;

export type SandboxProviding = Extract<ClaimPlan, { kind: "keep" | "adopt" | "create" | "fail" }>;

/**
 * Carries out what is planned about a claim's sandbox; the template is asked for when it is needed.
 *
 * @throws ClaimFailure where the claim cannot have it now, or what the API server answered.
 */
export type SandboxProvider = (
  claim: Stored<SandboxClaim>,
  plan: SandboxProviding,
  template: () => Stored<SandboxTemplate> | undefined,
) => Promise<Stored<Sandbox>>;

export function createSandboxProvider(options: {
  client: KubeClient;
  sandboxes: FreshObjects<Sandbox>;
  events: EventRecorder;
}): SandboxProvider {
  const { client, sandboxes, events } = options;

  async function provide(
    claim: Stored<SandboxClaim>,
    plan: SandboxProviding,
    template: () => Stored<SandboxTemplate> | undefined,
  ): Promise<Stored<Sandbox>> {
    switch (plan.kind) {
      case "keep": {
        if (plan.patch === null) return plan.sandbox;
        const patch = { type: "merge", body: plan.patch } as const;
        const patched = await client.patch(SANDBOXES, keyOf(plan.sandbox), patch, CLAIM_WRITE);
        sandboxes.wrote(patched);
        return patched;
      }
      case "adopt":
        return adopt(claim, plan.sandbox, template);
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
      const made = await client.create(SANDBOXES, sandbox, CLAIM_WRITE);
      sandboxes.wrote(made);
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
  async function adopt(
    claim: Stored<SandboxClaim>,
    chosen: Stored<Sandbox>,
    template: () => Stored<SandboxTemplate> | undefined,
  ): Promise<Stored<Sandbox>> {
    let sandbox = chosen;
    for (let attempt = 1; ; attempt++) {
      try {
        const body = adoptionPatch(sandbox, claim, template());
        const adopted = await client.patch(SANDBOXES, keyOf(sandbox), { type: "merge", body }, CLAIM_WRITE);
        sandboxes.wrote(adopted);
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
        sandboxes.wrote(newest);
        if (ownershipOf(newest, claim) === "own") return newest;
        if (!isAdoptable(newest, claim))
          throw conflict(`sandbox ${name} is no longer adoptable by claim ${claim.metadata.name}`);
        if (attempt === ADOPTION_ATTEMPTS)
          throw conflict(`completing adoption of ${name} for claim ${claim.metadata.name}`);
        sandbox = newest;
      }
    }
  }

  return provide;
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

function keyOf({ metadata: { namespace, name } }: Stored<Sandbox>): {
  namespace?: string | undefined;
  name: string;
} {
  return { namespace, name };
}
