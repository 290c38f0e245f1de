import { LABEL_TEMPLATE_REF_HASH, type NetworkPolicy, type Stored } from "@sandgate/contract";
import { describe, expect, it } from "vitest";
import { controlledBy, sampleTemplate } from "../../../test/support/sample-objects.ts";
import { networkPolicySpec } from "./network-policy.ts";
import { planTemplate } from "./plan-template.ts";

const labels = { [LABEL_TEMPLATE_REF_HASH]: "9d22159f" };
const template = sampleTemplate("tpl", { metadata: { labels } });
const unmanaged = sampleTemplate("tpl", {
  metadata: { labels },
  spec: { networkPolicyManagement: "Unmanaged" },
});

function policy(metadata: object, spec = networkPolicySpec(template)): Stored<NetworkPolicy> {
  return { metadata: { name: "tpl-network-policy", uid: "p", resourceVersion: "1", ...metadata }, spec };
}

const own = { ownerReferences: controlledBy("SandboxTemplate", template) };

describe("planTemplate", () => {
  it.each([
    [
      "labels a new template and makes its policy",
      sampleTemplate("tpl"),
      undefined,
      ["label", "create-policy"],
    ],
    ["rests when all is well", template, policy(own), []],
    ["repairs a policy", template, policy(own, { ingress: [{}] }), ["replace-policy"]],
    ["removes the policy of an unmanaged template", unmanaged, policy(own), ["delete-policy"]],
    ["leaves a stranger's policy of an unmanaged template", unmanaged, policy({}), []],
    ["makes none for an unmanaged template", unmanaged, undefined, []],
    [
      "does nothing for one that is going",
      sampleTemplate("tpl", { metadata: { deletionTimestamp: "now" } }),
      undefined,
      [],
    ],
  ])("%s", (_title, seen, known, expected) => {
    const plan = planTemplate(seen, known);
    expect(plan.actions.map((action) => action.kind)).toEqual(expected);
    expect(plan.problem).toBeNull();
  });

  it("refuses to touch a stranger's policy of the same name", () => {
    const plan = planTemplate(template, policy({}));
    expect(plan.actions).toEqual([]);
    expect(plan.problem).toContain('refusing to update NetworkPolicy "tpl-network-policy"');
  });

  it("finds no difference where the server has filled in a protocol", () => {
    const spec = { networkPolicy: { ingress: [{ ports: [{ port: 80 }] }] } };
    const custom = sampleTemplate("tpl", { metadata: { labels }, spec });
    const served = { ...networkPolicySpec(custom), ingress: [{ ports: [{ port: 80, protocol: "TCP" }] }] };
    expect(planTemplate(custom, policy(own, served)).actions).toEqual([]);
  });
});
