import { LABEL_TEMPLATE_REF_HASH, LABEL_WARM_POOL_SANDBOX } from "@sandgate/contract";
import { NETWORK_POLICIES, PODS, SANDBOX_TEMPLATES, SANDBOX_WARM_POOLS, SANDBOXES } from "@sandgate/kube";
import { expect } from "vitest";
import type { Member } from "../scenario.ts";
import type { CaseFunction } from "../suite.ts";

const container = (member: Member): string | undefined => member.podSpec.containers[0]?.name;

export function warmPoolCases(test: CaseFunction): void {
  test("makes as many members as asked for, and counts them", async (scenario) => {
    await scenario.createTemplate(scenario.template, {});
    const { metadata } = await scenario.createPool("pool", scenario.template, 2);
    const members = await scenario.untilMembers(2);
    const { facts, isLatest } = scenario.dialect;
    for (const { name, object: member } of members) {
      expect(name).toMatch(/^pool-[a-z0-9]{5}$/);
      expect(member.metadata.ownerReferences?.[0]).toMatchObject({
        apiVersion: `extensions.agents.x-k8s.io/${facts.version}`,
        kind: "SandboxWarmPool",
        uid: metadata.uid,
        controller: true,
      });
      if (!isLatest) continue;
      expect(member.metadata.labels).toMatchObject({
        [LABEL_WARM_POOL_SANDBOX]: "91dd7983",
        [LABEL_TEMPLATE_REF_HASH]: expect.stringMatching(/^[0-9a-f]{8}$/),
        "agents.x-k8s.io/launch-type": "warm",
        "agents.x-k8s.io/created-by": "controller",
      });
      const pod = await scenario.get(PODS, name);
      expect(pod?.metadata.labels).toMatchObject({
        [LABEL_WARM_POOL_SANDBOX]: "91dd7983",
        "agents.x-k8s.io/created-by": "controller",
      });
      expect(pod?.metadata.annotations).toMatchObject({
        "cluster-autoscaler.kubernetes.io/safe-to-evict": "true",
      });
    }
    const pool = await scenario.until(
      SANDBOX_WARM_POOLS,
      "pool",
      "counted",
      ({ status }) => (facts.poolCountsReady ? status?.readyReplicas : status?.replicas) === 2,
    );
    expect(pool.status?.replicas).toBe(2);
    if (isLatest)
      expect(pool.status).toEqual({
        replicas: 2,
        readyReplicas: 2,
        selector: `${LABEL_WARM_POOL_SANDBOX}=91dd7983`,
        observedGeneration: 1,
      });
  });

  test("is scaled up and down", async (scenario) => {
    await scenario.createTemplate(scenario.template, {});
    await scenario.createPool("pool", scenario.template, 1);
    await scenario.untilMembers(1);
    await scenario.change(SANDBOX_WARM_POOLS, "pool", { spec: { replicas: 3 } });
    await scenario.untilMembers(3);
    await scenario.change(SANDBOX_WARM_POOLS, "pool", { spec: { replicas: 1 } });
    await scenario.untilMembers(1);
    await scenario.until(SANDBOX_WARM_POOLS, "pool", "counted", ({ status }) => status?.replicas === 1);
  });

  test("replaces a member that is deleted", async (scenario) => {
    await scenario.createTemplate(scenario.template, {});
    await scenario.createPool("pool", scenario.template, 2);
    const [first] = await scenario.untilMembers(2);
    const { members } = scenario.dialect;
    const name = first?.name ?? "";
    await scenario.remove(members, name);
    await scenario.untilGone(members, name);
    await scenario.untilMembers(2);
  });

  test("keeps members of an earlier template, and makes new ones from the later", async (scenario) => {
    await scenario.createTemplate(scenario.template, {});
    await scenario.createPool("pool", scenario.template, 1);
    const [old] = await scenario.untilMembers(1);
    const [main] = scenario.pods.ready().containers;
    const podTemplate = { spec: { containers: [{ ...main, name: "later" }] } };
    // Templates and pools are followed apart. That the policy goes shows that the later template is known.
    await scenario.until(NETWORK_POLICIES, `${scenario.template}-network-policy`, "made", () => true);
    const spec = { podTemplate, networkPolicyManagement: "Unmanaged" };
    await scenario.change(SANDBOX_TEMPLATES, scenario.template, { spec });
    await scenario.untilGone(NETWORK_POLICIES, `${scenario.template}-network-policy`);
    await scenario.change(SANDBOX_WARM_POOLS, "pool", { spec: { replicas: 2 } });
    const members = await scenario.untilMembers(2);
    expect(members.map(container).toSorted()).toEqual(["later", "main"]);
    expect(members.map((one) => one.object.metadata.uid)).toContain(old?.object.metadata.uid);
  });

  test("that recreates replaces members of an earlier template", async (scenario) => {
    await scenario.createTemplate(scenario.template, {});
    await scenario.createPool("pool", scenario.template, 2, { updateStrategy: { type: "Recreate" } });
    await scenario.untilMembers(2);
    const [main] = scenario.pods.ready().containers;
    const spec = { podTemplate: { spec: { containers: [{ ...main, name: "later" }] } } };
    await scenario.change(SANDBOX_TEMPLATES, scenario.template, { spec });
    await scenario.untilAll(SANDBOXES, "two members of the later template", (all) =>
      all.length === 2 && all.every((one) => one.spec.podTemplate.spec.containers[0]?.name === "later")
        ? true
        : undefined,
    );
  });

  test("waits for a template that is not there yet", async (scenario) => {
    await scenario.createPool("pool", scenario.template, 1);
    // Nothing tells that an earlier release has seen it.
    if (scenario.dialect.isLatest)
      await scenario.until(
        SANDBOX_WARM_POOLS,
        "pool",
        "seen",
        ({ status }) => status?.observedGeneration === 1,
      );
    await scenario.createTemplate(scenario.template, {});
    await scenario.untilMembers(1);
  });

  test("takes its members with it when it is deleted", async (scenario) => {
    await scenario.createTemplate(scenario.template, {});
    await scenario.createPool("pool", scenario.template, 2);
    await scenario.untilMembers(2);
    await scenario.remove(SANDBOX_WARM_POOLS, "pool");
    await scenario.untilAll(scenario.dialect.members, "no members", (all) =>
      all.length === 0 ? true : undefined,
    );
  });
}
