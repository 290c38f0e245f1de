import type { SandboxClaim } from "@sandgate/contract";

/** When the claim ends, in epoch milliseconds; null if it has no end. */
export function claimEndMs({ spec, status }: SandboxClaim): number | null {
  const { shutdownTime = "", ttlSecondsAfterFinished } = spec.lifecycle ?? {};
  const finished = status?.conditions?.find((one) => one.type === "Finished" && one.status === "True");
  const ends = [
    Date.parse(shutdownTime),
    Date.parse(finished?.lastTransitionTime ?? "") + (ttlSecondsAfterFinished ?? Number.NaN) * 1000,
  ].filter((end) => !Number.isNaN(end));
  return ends.length === 0 ? null : Math.min(...ends);
}

export function isClaimExpired(claim: SandboxClaim, nowMs: number): boolean {
  const end = claimEndMs(claim);
  return end !== null && end <= nowMs;
}

/** Whether the claim's status says already that it has ended. */
export function isToldExpired({ status }: SandboxClaim): boolean {
  return status?.conditions?.find((one) => one.type === "Ready")?.reason === "ClaimExpired";
}
