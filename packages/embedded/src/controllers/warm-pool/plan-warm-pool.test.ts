import type { Sandbox, Stored } from "@sandgate/contract";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  controlledBy,
  MADE_AT_MS,
  readySandboxStatus,
  sampleClaim,
  samplePool,
  sampleSandbox,
  sampleTemplate,
} from "../../../test/support/sample-objects.ts";
import { planWarmPool, READINESS_GRACE_MS, type WarmPoolPlan, type WarmPoolView } from "./plan-warm-pool.ts";
import { poolMember } from "./pool-member.ts";

const template = sampleTemplate("tpl");
const pool = samplePool("pool", "tpl", { replicas: 2 });
const recreating = samplePool("pool", "tpl", { replicas: 2, updateStrategy: { type: "Recreate" } });
const later = sampleTemplate("tpl", { spec: { podTemplate: { spec: { containers: [{ name: "later" }] } } } });
const HOUR_MS = 3_600_000;

function member(
  name: string,
  options: { ready?: boolean; metadata?: object; ageMs?: number } = {},
): Stored<Sandbox> {
  const { metadata, spec } = poolMember(pool, template);
  const creationTimestamp = new Date(MADE_AT_MS - (options.ageMs ?? 0)).toISOString();
  return sampleSandbox(name, {
    metadata: { ...metadata, creationTimestamp, ...options.metadata },
    spec,
    ...(options.ready === false ? {} : { status: readySandboxStatus("10.0.0.1") }),
  });
}

function plan(members: Partial<WarmPoolView>): WarmPoolPlan {
  return planWarmPool({
    pool,
    template,
    labelled: [],
    deleting: new Set(),
    isUnschedulable: () => false,
    nowMs: MADE_AT_MS,
    ...members,
  });
}

const removed = (members: Partial<WarmPoolView>): string[] =>
  plan(members).remove.map((one) => one.metadata.name);

describe("planWarmPool", () => {
  it("makes what is missing, and none without a template", () => {
    expect(plan({}).create).toBe(2);
    expect(plan({ labelled: [member("a")] }).create).toBe(1);
    expect(plan({ template: undefined }).create).toBe(0);
    expect(plan({ pool: samplePool("pool", "tpl") }).create).toBe(1);
  });

  it("makes none for members that are going: their end is waited for", () => {
    const going = member("a", { metadata: { deletionTimestamp: "now" } });
    expect(plan({ labelled: [going] }).create).toBe(1);
    const asked = member("b");
    expect(plan({ labelled: [asked], deleting: new Set([asked.metadata.uid]) }).create).toBe(1);
  });

  it("removes what is too much: those not ready first, then the newest", () => {
    const labelled = [
      member("old", { ageMs: 3000 }),
      member("young", { ageMs: 1000 }),
      member("starting", { ready: false, ageMs: 2000 }),
      member("middle", { ageMs: 2000 }),
    ];
    expect(removed({ labelled })).toEqual(["starting", "young"]);
  });

  it("replaces a member that is not ready for five minutes, unless it has no node", () => {
    const slow = member("slow", { ready: false, ageMs: READINESS_GRACE_MS + 1 });
    expect(removed({ labelled: [slow] })).toEqual(["slow"]);
    const held = plan({ labelled: [slow], isUnschedulable: () => true });
    expect(held.remove).toEqual([]);
    expect(held).toMatchObject({ unschedulable: 1, lookAgainMs: 60_000 });
    const fresh = plan({ labelled: [member("fresh", { ready: false })] });
    expect(fresh.lookAgainMs).toBe(READINESS_GRACE_MS + 2_000);
  });

  it("keeps members of an earlier template, unless it recreates them", () => {
    const labelled = [member("a"), member("b")];
    expect(removed({ labelled, template: later })).toEqual([]);
    expect(removed({ labelled, template: later, pool: recreating })).toEqual(["a", "b"]);
    expect(removed({ labelled, pool: recreating })).toEqual([]);
  });

  it("does not recreate members that only another hash sets apart", () => {
    const other = member("a", {
      metadata: { labels: { ...member("a").metadata.labels, "agents.x-k8s.io/sandbox-template-hash": "0" } },
    });
    expect(removed({ labelled: [other], pool: recreating })).toEqual([]);
  });

  it("takes in a sandbox that nobody owns if it is as the template says, and removes it otherwise", () => {
    const orphan = member("orphan", { metadata: { ownerReferences: [] } });
    const { patches } = plan({ labelled: [orphan] });
    expect(patches).toMatchObject([
      { patch: { metadata: { ownerReferences: controlledBy("SandboxWarmPool", pool) } } },
    ]);
    expect(removed({ labelled: [orphan], template: later })).toEqual(["orphan"]);
  });

  it("leaves a claim's sandbox alone", () => {
    const claimed = member("claimed", {
      metadata: { ownerReferences: controlledBy("SandboxClaim", sampleClaim("c", "pool")) },
    });
    expect(plan({ labelled: [claimed] })).toMatchObject({ create: 2, remove: [], patches: [] });
  });

  it("counts members and ready ones, and leaves a count of none out", () => {
    const selector = "agents.x-k8s.io/warm-pool-sandbox=91dd7983";
    expect(plan({ labelled: [member("a"), member("b", { ready: false })] }).status).toEqual({
      replicas: 2,
      readyReplicas: 1,
      selector,
      observedGeneration: 1,
    });
    expect(plan({}).status).toEqual({ selector, observedGeneration: 1 });
  });

  it("comes to exactly the members asked for, whatever is there", () => {
    const kinds = fc.constantFrom("ready", "starting", "stuck", "going", "claimed");
    fc.assert(
      fc.property(fc.array(kinds, { maxLength: 12 }), fc.nat(6), (there, replicas) => {
        const labelled = there.map((kind, index) =>
          member(`m${index}`, {
            ready: kind === "ready" || kind === "claimed",
            ageMs: kind === "stuck" ? HOUR_MS : index,
            metadata:
              kind === "going"
                ? { deletionTimestamp: "now" }
                : kind === "claimed"
                  ? { ownerReferences: controlledBy("SandboxClaim", sampleClaim("c", "pool")) }
                  : {},
          }),
        );
        const view = { labelled, pool: samplePool("pool", "tpl", { replicas }) };
        const first = plan(view);
        // As the server is after the plan is carried out and everything that goes is gone.
        const gone = new Set(first.remove.map((one) => one.metadata.uid));
        const left = labelled.filter(
          (one) => !gone.has(one.metadata.uid) && one.metadata.deletionTimestamp === undefined,
        );
        const next = plan({
          ...view,
          labelled: [...left, ...Array.from({ length: first.create }, (_, i) => member(`n${i}`))],
        });
        const members = (next.status.replicas ?? 0) + next.create - next.remove.length;
        expect(members).toBe(replicas);
        expect(first.remove.some((one) => one.metadata.ownerReferences?.[0]?.kind === "SandboxClaim")).toBe(
          false,
        );
      }),
    );
  });
});
