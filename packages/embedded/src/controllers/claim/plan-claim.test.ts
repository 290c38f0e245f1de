import {
  LABEL_TEMPLATE_REF_HASH,
  LABEL_WARM_POOL_SANDBOX,
  type Sandbox,
  type Stored,
} from "@sandgate/contract";
import { describe, expect, it } from "vitest";
import {
  controlledBy,
  MADE_AT,
  MADE_AT_MS,
  readySandboxStatus,
  sampleClaim,
  samplePool,
  sampleSandbox,
  sampleTemplate,
} from "../../../test/support/sample-objects.ts";
import { planClaim, type ClaimPlan, type ClaimView } from "./plan-claim.ts";

const ASSIGNED = "agents.x-k8s.io/sandbox-name";
const pool = samplePool("pool", "tpl");
const template = sampleTemplate("tpl");
const claim = sampleClaim("mine", "pool");
const assigned = sampleClaim("mine", "pool", { metadata: { annotations: { [ASSIGNED]: "pool-a" } } });
const bound = sampleClaim("mine", "pool", { status: { sandbox: { name: "pool-a" } } });
const poolLabels = { [LABEL_WARM_POOL_SANDBOX]: "91dd7983", [LABEL_TEMPLATE_REF_HASH]: "9d22159f" };

const member = sampleSandbox("pool-a", {
  metadata: { labels: poolLabels, ownerReferences: controlledBy("SandboxWarmPool", pool) },
  status: readySandboxStatus("10.0.0.1"),
});
const ownLabels = {
  [LABEL_TEMPLATE_REF_HASH]: "9d22159f",
  "agents.x-k8s.io/claim-uid": "uid-mine",
};
function owned(
  name: string,
  labels = { ...ownLabels, "agents.x-k8s.io/launch-type": "warm" },
): Stored<Sandbox> {
  return sampleSandbox(name, {
    metadata: { labels, ownerReferences: controlledBy("SandboxClaim", claim) },
    spec: { podTemplate: { metadata: { labels: ownLabels }, spec: { containers: [{ name: "main" }] } } },
    status: readySandboxStatus("10.0.0.1"),
  });
}
const others = sampleSandbox("pool-a", {
  metadata: { ownerReferences: controlledBy("SandboxClaim", sampleClaim("other", "pool")) },
});

function plan(members: Partial<ClaimView>): ClaimPlan {
  return planClaim({
    claim,
    sandboxes: new Map(),
    members: [],
    pool,
    template,
    nowMs: MADE_AT_MS,
    ...members,
  });
}

function brief(members: Partial<ClaimView>): string {
  const made = plan(members);
  const what =
    made.kind === "fail"
      ? made.failure.reason
      : "sandbox" in made && made.sandbox !== undefined
        ? (made.sandbox.metadata.name ?? "")
        : "";
  return [made.kind, what, ...(made.forget ? ["forget"] : [])].filter((part) => part !== "").join(" ");
}

const map = (...sandboxes: Stored<Sandbox>[]): ClaimView["sandboxes"] =>
  new Map(sandboxes.map((one) => [one.metadata.name, one]));

describe("planClaim", () => {
  it.each<[string, Partial<ClaimView>, string]>([
    ["takes a member", { members: [member] }, "adopt pool-a"],
    ["makes a sandbox where the pool is empty", {}, "create mine"],
    ["keeps what its status names", { claim: bound, sandboxes: map(owned("pool-a")) }, "keep pool-a"],
    ["keeps what it was assigned", { claim: assigned, sandboxes: map(owned("pool-a")) }, "keep pool-a"],
    ["finishes what it began", { claim: assigned, sandboxes: map(member), members: [] }, "adopt pool-a"],
    ["forgets what is gone", { claim: assigned }, "create mine forget"],
    ["forgets what another has got", { claim: assigned, sandboxes: map(others) }, "create mine forget"],
    [
      "takes another member for one that is gone",
      { claim: assigned, members: [{ ...member, metadata: { ...member.metadata, name: "pool-b" } }] },
      "adopt pool-b",
    ],
    ["finds its own by name", { sandboxes: map(owned("mine")), members: [member] }, "keep mine"],
    [
      "refuses a stranger's sandbox of its name",
      { sandboxes: map(sampleSandbox("mine")) },
      "fail ReconcilerError",
    ],
    ["waits for a pool", { pool: undefined, template: undefined }, "fail WarmPoolNotFound"],
    ["waits for a template", { template: undefined }, "fail TemplateNotFound"],
    [
      "takes a member though the template is gone",
      { template: undefined, members: [member] },
      "adopt pool-a",
    ],
    ["waits for a member without an address", { members: [{ ...member, status: {} }] }, "wait"],
    [
      "starts cold for variables, where they are allowed",
      {
        claim: sampleClaim("mine", "pool", { spec: { env: [{ name: "A", value: "1" }] } }),
        template: sampleTemplate("tpl", { spec: { envVarsInjectionPolicy: "Allowed" } }),
        members: [member],
      },
      "create mine",
    ],
    [
      "refuses variables where they are not",
      { claim: sampleClaim("mine", "pool", { spec: { env: [{ name: "A", value: "1" }] } }) },
      "fail EnvVarsInjectionRejected",
    ],
    [
      "refuses metadata before anything is taken",
      {
        claim: sampleClaim("mine", "pool", { spec: { additionalPodMetadata: { labels: { a: "1" } } } }),
        members: [member],
      },
      "fail InvalidMetadata",
    ],
  ])("%s", (_title, members, expected) => {
    expect(brief(members)).toBe(expected);
  });

  it("changes nothing of a sandbox that is as it should be", () => {
    expect(plan({ claim: bound, sandboxes: map(owned("pool-a")) })).toMatchObject({
      kind: "keep",
      patch: null,
    });
  });

  it("adds what its sandbox lacks", () => {
    const sandbox = owned("pool-a", ownLabels as never);
    expect(plan({ claim: bound, sandboxes: map(sandbox) })).toMatchObject({
      patch: { metadata: { labels: { "agents.x-k8s.io/launch-type": "warm" } } },
    });
  });

  it("makes a cold sandbox from the template, with its own labels and secure defaults", () => {
    const made = plan({});
    expect(made).toMatchObject({
      kind: "create",
      sandbox: {
        metadata: {
          name: "mine",
          labels: { ...ownLabels, "agents.x-k8s.io/launch-type": "cold" },
          annotations: { "agents.x-k8s.io/sandbox-template-ref": "tpl" },
          ownerReferences: controlledBy("SandboxClaim", claim),
        },
        spec: {
          podTemplate: {
            metadata: { labels: ownLabels },
            spec: { automountServiceAccountToken: false, dnsPolicy: "None" },
          },
        },
      },
    });
  });

  describe("past its time", () => {
    const lifecycle = { shutdownTime: MADE_AT };
    const status = { sandbox: { name: "pool-a" } };

    it.each([
      ["Retain", "expire", undefined],
      [undefined, "expire", undefined],
      ["Delete", "delete", false],
      ["DeleteForeground", "delete", true],
    ] as const)("with the policy %s does %s", (shutdownPolicy, kind, foreground) => {
      const spec = {
        lifecycle: { ...lifecycle, ...(shutdownPolicy === undefined ? {} : { shutdownPolicy }) },
      };
      const expired = sampleClaim("mine", "pool", { spec, status });
      const made = plan({ claim: expired, sandboxes: map(owned("pool-a")) });
      expect(made.kind).toBe(kind);
      if (made.kind === "delete") expect(made.foreground).toBe(foreground);
      if (made.kind === "expire") expect(made.sandbox?.metadata.name).toBe("pool-a");
    });

    it("leaves a sandbox that is another's", () => {
      const expired = sampleClaim("mine", "pool", { spec: { lifecycle }, status });
      const made = plan({ claim: expired, sandboxes: map(others) });
      expect(made).toMatchObject({ kind: "expire", sandbox: undefined, failure: { reason: "ClaimExpired" } });
    });

    it("counts a time to live from the end of its sandbox", () => {
      const finished = { type: "Finished", status: "True" as const, reason: "PodSucceeded", message: "" };
      const waiting = sampleClaim("mine", "pool", {
        spec: { lifecycle: { ttlSecondsAfterFinished: 10, shutdownPolicy: "Delete" } },
        status: { ...status, conditions: [{ ...finished, lastTransitionTime: MADE_AT }] },
      });
      const sandboxes = map(owned("pool-a"));
      expect(plan({ claim: waiting, sandboxes, nowMs: MADE_AT_MS + 9_999 }).kind).toBe("keep");
      expect(plan({ claim: waiting, sandboxes, nowMs: MADE_AT_MS + 10_000 }).kind).toBe("delete");
    });
  });
});
