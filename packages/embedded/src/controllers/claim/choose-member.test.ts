import {
  LABEL_TEMPLATE_REF_HASH,
  LABEL_WARM_POOL_SANDBOX,
  type Sandbox,
  type Stored,
} from "@sandgate/contract";
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
import { chooseMember, isAdoptable } from "./choose-member.ts";

const pool = samplePool("pool", "tpl");
const template = sampleTemplate("tpl");
const claim = sampleClaim("mine", "pool");
const labels = { [LABEL_WARM_POOL_SANDBOX]: "1", [LABEL_TEMPLATE_REF_HASH]: "9d22159f" };

function member(
  name: string,
  status: Sandbox["status"],
  metadata: Stored<Sandbox>["metadata"] | object = {},
): Stored<Sandbox> {
  const ownerReferences = controlledBy("SandboxWarmPool", pool);
  return sampleSandbox(name, {
    metadata: { labels, ownerReferences, ...metadata },
    ...(status === undefined ? {} : { status }),
  });
}

const at = (second: number): object => ({
  creationTimestamp: new Date(MADE_AT_MS + second * 1000).toISOString(),
});
const choose = (members: Stored<Sandbox>[], nowMs = MADE_AT_MS): string => {
  const choice = chooseMember(claim, members, pool, template, nowMs);
  return choice.kind === "member" ? choice.sandbox.metadata.name : choice.kind;
};

describe("chooseMember", () => {
  it("takes a ready one, the oldest first", () => {
    const starting = member("starting", { podIPs: ["10.0.0.9"] }, at(0));
    const young = member("young", readySandboxStatus("10.0.0.1"), at(2));
    const old = member("old", readySandboxStatus("10.0.0.2"), at(1));
    expect(choose([starting, young, old])).toBe("old");
  });

  it("takes from the node that has most of them", () => {
    const lonely = member("lonely", readySandboxStatus("10.0.0.1", "a"), at(0));
    const first = member("first", readySandboxStatus("10.0.0.2", "b"), at(1));
    const second = member("second", readySandboxStatus("10.0.0.3", "b"), at(2));
    expect(choose([lonely, second, first])).toBe("first");
  });

  it("takes one that is not ready if it has an address, and none is ready", () => {
    expect(choose([member("starting", { podIPs: ["10.0.0.9"] })])).toBe("starting");
  });

  it("waits for one without an address, half a second at a time, for two seconds", () => {
    const starting = member("starting", {});
    expect(chooseMember(claim, [starting], pool, template, MADE_AT_MS)).toEqual({
      kind: "wait",
      afterMs: 500,
    });
    expect(chooseMember(claim, [starting], pool, template, MADE_AT_MS + 1_800)).toEqual({
      kind: "wait",
      afterMs: 200,
    });
    expect(choose([starting], MADE_AT_MS + 2_000)).toBe("none");
  });

  it("finds none where nothing is to be had", () => {
    expect(choose([])).toBe("none");
    expect(choose([member("going", readySandboxStatus("1"), { deletionTimestamp: "now" })])).toBe("none");
  });

  it("leaves members of an earlier template to a pool that recreates them", () => {
    const recreating = samplePool("pool", "tpl", { updateStrategy: { type: "Recreate" } });
    const spec = { podTemplate: { spec: { containers: [{ name: "other" }] } } };
    const old = { ...member("old", readySandboxStatus("10.0.0.1")), spec };
    expect(chooseMember(claim, [old], recreating, template, MADE_AT_MS).kind).toBe("none");
    expect(chooseMember(claim, [old], pool, template, MADE_AT_MS).kind).toBe("member");
  });
});

describe("isAdoptable", () => {
  const ready = readySandboxStatus("10.0.0.1");
  it.each([
    ["a member", member("m", ready), true],
    [
      "one of another pool",
      member("m", ready, { ownerReferences: controlledBy("SandboxWarmPool", samplePool("other", "tpl")) }),
      false,
    ],
    [
      "one that a claim owns",
      member("m", ready, { ownerReferences: controlledBy("SandboxClaim", claim) }),
      false,
    ],
    ["one that nobody owns", member("m", ready, { ownerReferences: [] }), false],
    [
      "one without the pool's label",
      member("m", ready, { labels: { [LABEL_TEMPLATE_REF_HASH]: "1" } }),
      false,
    ],
    ["one of another namespace", member("m", ready, { namespace: "elsewhere" }), false],
  ])("says of %s whether it can be handed out", (_title, sandbox, expected) => {
    expect(isAdoptable(sandbox, claim)).toBe(expected);
  });

  it("goes by group and kind, whatever API version the owner reference names", () => {
    const [owner] = controlledBy("SandboxWarmPool", pool);
    if (owner === undefined) throw new Error("no owner");
    const references = [{ ...owner, apiVersion: "extensions.agents.x-k8s.io/v1alpha1" }];
    expect(isAdoptable(member("m", ready, { ownerReferences: references }), claim)).toBe(true);
  });
});
