import { PODS, RESOURCE_QUOTAS, SANDBOX_CLAIMS, SANDBOX_WARM_POOLS, SANDBOXES } from "@sandgate/kube";
import { expect } from "vitest";
import { conditionOf } from "../scenario.ts";
import type { CaseFunction } from "../suite.ts";

export function refusalCases(test: CaseFunction): void {
  test("because of a quota is told by the Sandbox, and runs when there is room", async (scenario) => {
    const { client } = scenario.cluster;
    const { namespace } = scenario;
    const quota = { metadata: { name: "quota", namespace }, spec: { hard: { pods: "1" } } };
    await client.create(RESOURCE_QUOTAS, quota);
    // A quota counts once its usage is known.
    await scenario.until(RESOURCE_QUOTAS, "quota", "counted", (one) =>
      JSON.stringify(one).includes('"used":{"pods":"0"}'),
    );
    await scenario.createSandbox("first", {});
    await scenario.untilCondition(SANDBOXES, "first", "Ready", "True");
    await scenario.createSandbox("second", {});
    const refused = await scenario.untilCondition(SANDBOXES, "second", "Ready", "False", "ReconcilerError");
    expect(conditionOf(refused, "Ready")?.message).toContain("exceeded quota: quota");
    await scenario.remove(SANDBOXES, "first");
    await scenario.untilCondition(SANDBOXES, "second", "Ready", "True");
  });

  test("because its image is missing stays pending", async (scenario) => {
    await scenario.createSandbox("box", { podTemplate: { spec: scenario.pods.missingImage() } });
    const pod = await scenario.until(
      PODS,
      "box",
      "waiting for its image",
      ({ status }) => status?.containerStatuses?.[0]?.state?.waiting?.reason === "ErrImageNeverPull",
    );
    expect(pod.status?.phase).toBe("Pending");
    const sandbox = await scenario.until(
      SANDBOXES,
      "box",
      "told",
      (one) => conditionOf(one, "Ready")?.message.startsWith("Pod exists with phase: Pending") === true,
    );
    expect(conditionOf(sandbox, "Ready")).toMatchObject({
      status: "False",
      reason: "DependenciesNotReady",
    });
  });

  test("because its template makes no valid pod is told by the Sandbox", async (scenario) => {
    const spec = scenario.pods.ready();
    const [container] = spec.containers;
    if (container === undefined) throw new Error("a pod without containers");
    const volumeMounts = [{ name: "nowhere", mountPath: "/data" }];
    const bad = { containers: [{ ...container, volumeMounts }] };
    await scenario.createTemplate(scenario.template, { podTemplate: { spec: bad } });
    await scenario.createPool("pool", scenario.template, 0);
    await scenario.createClaim("mine", "pool");
    const sandbox = await scenario.untilCondition(SANDBOXES, "mine", "Ready", "False", "ReconcilerError");
    const why = 'volumeMounts[0].name: Not found: "nowhere"';
    expect(conditionOf(sandbox, "Ready")?.message).toContain(why);
    await scenario.untilCondition(SANDBOX_CLAIMS, "mine", "Ready", "False");
    if (!scenario.dialect.isLatest) return;
    const told = await scenario.untilCondition(SANDBOX_CLAIMS, "mine", "Ready", "False", "ReconcilerError");
    expect(conditionOf(told, "Ready")?.message).toContain(why);
  });

  test("does not keep a pool from counting what it has", async (scenario) => {
    await scenario.createTemplate(scenario.template, { podTemplate: { spec: scenario.pods.unready() } });
    await scenario.createPool("pool", scenario.template, 2);
    const pool = await scenario.until(
      SANDBOX_WARM_POOLS,
      "pool",
      "counted",
      ({ status }) => status?.replicas === 2,
    );
    expect(pool.status?.readyReplicas ?? 0).toBe(0);
  });
}
