import {
  LABEL_TEMPLATE_REF_HASH,
  LABEL_WARM_POOL_SANDBOX,
  type Sandbox,
  type Stored,
} from "@sandgate/contract";
import { NETWORK_POLICIES, PODS, SANDBOX_TEMPLATES, SANDBOX_WARM_POOLS, SANDBOXES } from "@sandgate/kube";
import { describe, expect } from "vitest";
import { conditionOf, type Scenario } from "../scenario.ts";
import type { CaseFunction } from "../suite.ts";

/** Waits until exactly so many members are there and ready. */
function readyMembers(scenario: Scenario, count: number): Promise<readonly Stored<Sandbox>[]> {
  return scenario.untilAll(SANDBOXES, `${count} ready members`, (all) => {
    const isReady = all.every((one) => conditionOf(one, "Ready")?.status === "True");
    return all.length === count && isReady ? all : undefined;
  });
}

const image = (sandbox: Sandbox): string | undefined => sandbox.spec.podTemplate.spec.containers[0]?.name;

export function warmPoolCases(test: CaseFunction): void {
  describe("a SandboxWarmPool", () => {
    test("makes as many sandboxes as asked for, and counts them", async (scenario) => {
      await scenario.createTemplate("tpl", {});
      const { metadata } = await scenario.createPool("pool", "tpl", 2);
      const members = await readyMembers(scenario, 2);
      for (const member of members) {
        expect(member.metadata.name).toMatch(/^pool-[a-z0-9]{5}$/);
        expect(member.metadata.ownerReferences?.[0]).toMatchObject({
          apiVersion: "extensions.agents.x-k8s.io/v1beta1",
          kind: "SandboxWarmPool",
          uid: metadata.uid,
          controller: true,
        });
        expect(member.metadata.labels).toMatchObject({
          [LABEL_WARM_POOL_SANDBOX]: "91dd7983",
          [LABEL_TEMPLATE_REF_HASH]: expect.stringMatching(/^[0-9a-f]{8}$/),
          "agents.x-k8s.io/launch-type": "warm",
          "agents.x-k8s.io/created-by": "controller",
        });
        const pod = await scenario.get(PODS, member.metadata.name);
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
        ({ status }) => status?.readyReplicas === 2,
      );
      expect(pool.status).toEqual({
        replicas: 2,
        readyReplicas: 2,
        selector: `${LABEL_WARM_POOL_SANDBOX}=91dd7983`,
        observedGeneration: 1,
      });
    });

    test("is scaled up and down", async (scenario) => {
      await scenario.createTemplate("tpl", {});
      await scenario.createPool("pool", "tpl", 1);
      await readyMembers(scenario, 1);
      await scenario.change(SANDBOX_WARM_POOLS, "pool", { spec: { replicas: 3 } });
      await readyMembers(scenario, 3);
      await scenario.change(SANDBOX_WARM_POOLS, "pool", { spec: { replicas: 1 } });
      await readyMembers(scenario, 1);
      await scenario.until(SANDBOX_WARM_POOLS, "pool", "counted", ({ status }) => status?.replicas === 1);
    });

    test("replaces a member that is deleted", async (scenario) => {
      await scenario.createTemplate("tpl", {});
      await scenario.createPool("pool", "tpl", 2);
      const [first] = await readyMembers(scenario, 2);
      const name = first?.metadata.name ?? "";
      await scenario.remove(SANDBOXES, name);
      await scenario.untilGone(SANDBOXES, name);
      await readyMembers(scenario, 2);
    });

    test("keeps members of an earlier template, and makes new ones from the later", async (scenario) => {
      await scenario.createTemplate("tpl", {});
      await scenario.createPool("pool", "tpl", 1);
      const [old] = await readyMembers(scenario, 1);
      const [container] = scenario.pods.ready().containers;
      const podTemplate = { spec: { containers: [{ ...container, name: "later" }] } };
      // Templates and pools are followed apart. That the policy goes shows that the later template is known.
      await scenario.until(NETWORK_POLICIES, "tpl-network-policy", "made", () => true);
      const spec = { podTemplate, networkPolicyManagement: "Unmanaged" };
      await scenario.change(SANDBOX_TEMPLATES, "tpl", { spec });
      await scenario.untilGone(NETWORK_POLICIES, "tpl-network-policy");
      await scenario.change(SANDBOX_WARM_POOLS, "pool", { spec: { replicas: 2 } });
      const members = await readyMembers(scenario, 2);
      expect(members.map(image).toSorted()).toEqual(["later", "main"]);
      expect(members.map((one) => one.metadata.uid)).toContain(old?.metadata.uid);
    });

    test("that recreates replaces members of an earlier template", async (scenario) => {
      await scenario.createTemplate("tpl", {});
      await scenario.createPool("pool", "tpl", 2, { updateStrategy: { type: "Recreate" } });
      await readyMembers(scenario, 2);
      const [container] = scenario.pods.ready().containers;
      const spec = { podTemplate: { spec: { containers: [{ ...container, name: "later" }] } } };
      await scenario.change(SANDBOX_TEMPLATES, "tpl", { spec });
      await scenario.untilAll(SANDBOXES, "two members of the later template", (all) =>
        all.length === 2 && all.every((one) => image(one) === "later") ? true : undefined,
      );
    });

    test("waits for a template that is not there yet", async (scenario) => {
      await scenario.createPool("pool", "tpl", 1);
      await scenario.until(
        SANDBOX_WARM_POOLS,
        "pool",
        "seen",
        ({ status }) => status?.observedGeneration === 1,
      );
      await scenario.createTemplate("tpl", {});
      await readyMembers(scenario, 1);
    });

    test("takes its members with it when it is deleted", async (scenario) => {
      await scenario.createTemplate("tpl", {});
      await scenario.createPool("pool", "tpl", 2);
      await readyMembers(scenario, 2);
      await scenario.remove(SANDBOX_WARM_POOLS, "pool");
      await scenario.untilAll(SANDBOXES, "no members", (all) => (all.length === 0 ? true : undefined));
    });
  });
}
