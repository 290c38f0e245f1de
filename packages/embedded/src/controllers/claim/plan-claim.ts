import {
  controllerOf,
  type Sandbox,
  type SandboxClaim,
  type SandboxTemplate,
  type SandboxWarmPool,
  type Stored,
} from "@sandgate/contract";
import { ANNOTATION_ASSIGNED_SANDBOX } from "../extension-keys.ts";
import { ownershipOf } from "../owner.ts";
import { checkAdditionalMetadata } from "./additional-metadata.ts";
import { ClaimFailure, failureOf, reconcilerError } from "./claim-failure.ts";
import { claimedPatch, coldSandbox } from "./claimed-sandbox.ts";
import { chooseMember, isAdoptable, isPoolOwner } from "./choose-member.ts";
import { isClaimExpired } from "./claim-expiry.ts";

/** What a pass over one claim sees. */
export interface ClaimView {
  claim: Stored<SandboxClaim>;
  /** Sandboxes that the claim may mean, by name: its status's, the assigned one, and the one of its own name. */
  sandboxes: ReadonlyMap<string, Stored<Sandbox>>;
  /** Members of the pool that no other claim is taking. */
  members: readonly Stored<Sandbox>[];
  pool: Stored<SandboxWarmPool> | undefined;
  template: Stored<SandboxTemplate> | undefined;
  nowMs: number;
}

/** What to do for a claim. `forget`: the sandbox that it names by annotation is not, or no longer, to be had. */
export type ClaimPlan = { forget: boolean } & (
  | { kind: "keep"; sandbox: Stored<Sandbox>; patch: object | null }
  | { kind: "adopt"; sandbox: Stored<Sandbox> }
  | { kind: "create"; sandbox: Sandbox }
  | { kind: "wait"; afterMs: number }
  | { kind: "fail"; failure: ClaimFailure }
  /** Past its time, and kept: its sandbox goes. */
  | { kind: "expire"; sandbox: Stored<Sandbox> | undefined; failure: ClaimFailure | null }
  | { kind: "delete"; foreground: boolean }
);

/** Decides what to do for one claim. Pure. */
export function planClaim(view: ClaimView): ClaimPlan {
  if (isClaimExpired(view.claim, view.nowMs)) return planExpired(view);
  try {
    return planActive(view);
  } catch (error) {
    return { kind: "fail", forget: false, failure: failureOf(error) };
  }
}

function planActive(view: ClaimView): ClaimPlan {
  const { claim, sandboxes } = view;
  checkAdditionalMetadata(claim.spec.additionalPodMetadata ?? {});
  const statusName = claim.status?.sandbox?.name ?? "";
  const assignedName = claim.metadata.annotations?.[ANNOTATION_ASSIGNED_SANDBOX] ?? "";
  const { name } = claim.metadata;

  const bound = sandboxes.get(statusName);
  if (bound !== undefined && ownershipOf(bound, claim) === "own") {
    const isWarm = assignedName === statusName || statusName !== name;
    return keep(view, bound, isWarm ? "warm" : "cold");
  }
  let forget = false;
  if (assignedName !== "") {
    const assigned = sandboxes.get(assignedName);
    if (assigned !== undefined && ownershipOf(assigned, claim) === "own") return keep(view, assigned, "warm");
    if (assigned !== undefined && isAdoptable(assigned, claim))
      return { kind: "adopt", forget, sandbox: assigned };
    const owner = assigned === undefined ? undefined : controllerOf(assigned);
    forget = assigned === undefined || isPoolOwner(owner) || owner?.kind === "SandboxClaim";
  }
  const named = sandboxes.get(name);
  if (named !== undefined) {
    if (ownershipOf(named, claim) === "own") return { ...keep(view, named, "cold"), forget };
    const failure = reconcilerError(
      `sandbox ${JSON.stringify(name)} is not controlled by claim ${JSON.stringify(name)}. ` +
        "Please use a different claim name or delete the sandbox manually",
    );
    return { kind: "fail", forget, failure };
  }
  const { env = [], volumeClaimTemplates = [] } = claim.spec;
  if (env.length === 0 && volumeClaimTemplates.length === 0) {
    const choice = chooseMember(claim, view.members, view.pool, view.template, view.nowMs);
    if (choice.kind === "member") return { kind: "adopt", forget: false, sandbox: choice.sandbox };
    if (choice.kind === "wait") return { kind: "wait", forget, afterMs: choice.afterMs };
  }
  return { kind: "create", forget, sandbox: coldSandbox(claim, templateOf(view)) };
}

function keep(view: ClaimView, sandbox: Stored<Sandbox>, launchType: "warm" | "cold"): ClaimPlan {
  const { labels = {}, annotations = {} } = view.claim.spec.additionalPodMetadata ?? {};
  // The metadata that a claim adds must not override the template's, which cannot be told without it.
  if (view.template === undefined && Object.keys(labels).length + Object.keys(annotations).length > 0)
    templateOf(view);
  const isGoing = sandbox.metadata.deletionTimestamp !== undefined;
  const patch = isGoing ? null : claimedPatch(sandbox, view.claim, view.template, launchType);
  return { kind: "keep", forget: false, sandbox, patch };
}

function templateOf({ claim, pool, template }: ClaimView): Stored<SandboxTemplate> {
  if (pool === undefined) {
    const name = JSON.stringify(claim.spec.warmPoolRef.name);
    throw new ClaimFailure("WarmPoolNotFound", `SandboxWarmPool ${name} not found`);
  }
  if (template === undefined) {
    const name = JSON.stringify(pool.spec.sandboxTemplateRef.name);
    throw new ClaimFailure("TemplateNotFound", `SandboxTemplate ${name} not found`);
  }
  return template;
}

function planExpired({ claim, sandboxes }: ClaimView): ClaimPlan {
  const policy = claim.spec.lifecycle?.shutdownPolicy ?? "Retain";
  if (policy !== "Retain")
    return { kind: "delete", forget: false, foreground: policy === "DeleteForeground" };
  const { name } = claim.metadata;
  const statusName = claim.status?.sandbox?.name ?? "";
  const sandbox = sandboxes.get(statusName === "" ? name : statusName);
  if (sandbox === undefined || ownershipOf(sandbox, claim) === "own")
    return { kind: "expire", forget: false, sandbox, failure: null };
  const why =
    `sandbox not owned by this claim: sandbox ${JSON.stringify(sandbox.metadata.name)} ` +
    `is not owned by claim ${JSON.stringify(name)}`;
  const failure = new ClaimFailure("ClaimExpired", `Claim expired. ${why}; deletion skipped.`, {
    unbinds: true,
  });
  return { kind: "expire", forget: false, sandbox: undefined, failure };
}
