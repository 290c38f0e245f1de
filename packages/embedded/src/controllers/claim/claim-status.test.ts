import { describe, expect, it } from "vitest";
import {
  MADE_AT,
  MADE_AT_MS,
  readySandboxStatus,
  sampleClaim,
  sampleSandbox,
} from "../../../test/support/sample-objects.ts";
import { ClaimFailure, reconcilerError } from "./claim-failure.ts";
import { claimStatus, type ClaimOutcome } from "./claim-status.ts";

const LATER_MS = MADE_AT_MS + 60_000;
const bound = sampleClaim("mine", "pool", { status: { sandbox: { name: "pool-a", podIPs: ["10.0.0.1"] } } });
const none: ClaimOutcome = { sandbox: undefined, failure: null, expired: false };

function ready(outcome: Partial<ClaimOutcome>): string {
  const status = claimStatus(bound, { ...none, ...outcome }, LATER_MS);
  const { reason, message } = status.conditions?.find((one) => one.type === "Ready") ?? {
    reason: "",
    message: "",
  };
  return `${reason}: ${message}`;
}

describe("claimStatus", () => {
  it("forwards the sandbox's condition, with its time", () => {
    const sandbox = sampleSandbox("pool-a", { status: readySandboxStatus("10.0.0.1") });
    expect(claimStatus(bound, { ...none, sandbox }, LATER_MS)).toEqual({
      conditions: [
        {
          type: "Ready",
          status: "True",
          reason: "DependenciesReady",
          message: "Pod is Ready",
          lastTransitionTime: MADE_AT,
        },
      ],
      sandbox: { name: "pool-a", podIPs: ["10.0.0.1"] },
    });
  });

  it("has words of its own where there is none to forward", () => {
    expect(ready({})).toBe("SandboxMissing: Sandbox does not exist");
    expect(ready({ sandbox: sampleSandbox("pool-a") })).toBe("SandboxNotReady: Sandbox is not ready");
    expect(ready({ expired: true })).toBe("ClaimExpired: Claim expired. Sandbox cleanup initiated.");
    const expired = { type: "Ready", status: "False" as const, reason: "SandboxExpired", message: "x" };
    const sandbox = sampleSandbox("pool-a", {
      status: { conditions: [{ ...expired, lastTransitionTime: MADE_AT }] },
    });
    expect(ready({ sandbox })).toBe(
      "SandboxExpired: Underlying Sandbox resource has expired independently of the Claim.",
    );
    expect(ready({ failure: reconcilerError("no room") })).toBe("ReconcilerError: Error seen: no room");
  });

  it("stays bound through a failure that may pass", () => {
    expect(claimStatus(bound, { ...none, failure: reconcilerError("x") }, LATER_MS).sandbox?.name).toBe(
      "pool-a",
    );
    expect(claimStatus(bound, none, LATER_MS).sandbox).toEqual({});
    const lost = new ClaimFailure("ClaimExpired", "x", { unbinds: true });
    expect(claimStatus(bound, { ...none, failure: lost }, LATER_MS).sandbox).toEqual({});
  });

  it("remembers what an expired claim's sandbox came to", () => {
    const finished = { type: "Finished", status: "True" as const, reason: "PodSucceeded", message: "done" };
    const conditions = [{ ...finished, lastTransitionTime: MADE_AT }];
    const claim = sampleClaim("mine", "pool", { status: { conditions } });
    const types = (expired: boolean): string[] | undefined =>
      claimStatus(claim, { ...none, expired }, LATER_MS).conditions?.map((one) => one.type);
    expect(types(true)).toEqual(["Finished", "Ready"]);
    expect(types(false)).toEqual(["Ready"]);
  });
});
