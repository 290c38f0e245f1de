import type { Condition, Sandbox, SandboxClaim, Stored } from "@sandgate/contract";
import { setConditions, type WantedCondition } from "../conditions.ts";
import type { ClaimFailure } from "./claim-failure.ts";

export interface ClaimOutcome {
  sandbox: Stored<Sandbox> | undefined;
  failure: ClaimFailure | null;
  expired: boolean;
}

/** The status that a claim should show after a pass. */
export function claimStatus(
  claim: Stored<SandboxClaim>,
  { sandbox, failure, expired }: ClaimOutcome,
  nowMs: number,
): NonNullable<SandboxClaim["status"]> {
  const finished = sandbox?.status?.conditions?.find((one) => one.type === "Finished");
  const wanted = [
    ...(finished === undefined ? [] : [finished]),
    readyCondition(claim, sandbox, failure, expired),
  ];
  // What an expired claim's sandbox came to is still told when it is gone: the time to live counts from there.
  const removed = finished === undefined && (sandbox !== undefined || !expired) ? ["Finished"] : [];
  const conditions = setConditions(claim.status?.conditions ?? [], wanted, removed, nowMs);
  return {
    conditions: conditions.toSorted((a, b) => (a.type < b.type ? -1 : 1)),
    sandbox: boundTo(claim, sandbox, failure),
  };
}

function boundTo(
  claim: SandboxClaim,
  sandbox: Stored<Sandbox> | undefined,
  failure: ClaimFailure | null,
): { name?: string; podIPs?: string[] } {
  if (sandbox !== undefined) {
    const podIPs = sandbox.status?.podIPs ?? [];
    return { name: sandbox.metadata.name, ...(podIPs.length === 0 ? {} : { podIPs }) };
  }
  // A failure that may pass does not unbind.
  return failure === null || failure.unbinds ? {} : (claim.status?.sandbox ?? {});
}

function readyCondition(
  claim: Stored<SandboxClaim>,
  sandbox: Sandbox | undefined,
  failure: ClaimFailure | null,
  expired: boolean,
): WantedCondition {
  const not = (reason: string, message: string): WantedCondition => ({
    type: "Ready",
    status: "False",
    reason,
    message,
    observedGeneration: claim.metadata.generation ?? 0,
  });
  if (failure !== null) return not(failure.reason, failure.message);
  if (expired) return not("ClaimExpired", "Claim expired. Sandbox cleanup initiated.");
  if (sandbox === undefined) return not("SandboxMissing", "Sandbox does not exist");
  const ready: Condition | undefined = sandbox.status?.conditions?.find((one) => one.type === "Ready");
  if (ready?.reason === "SandboxExpired") {
    return not("SandboxExpired", "Underlying Sandbox resource has expired independently of the Claim.");
  }
  return ready ?? not("SandboxNotReady", "Sandbox is not ready");
}
