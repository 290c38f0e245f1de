import { PODS } from "@sandgate/kube";
import { expect } from "vitest";
import type { RoutedScenario } from "./routed-scenario.ts";
import type { RoutingCase } from "./routing-cases.ts";

/** Claims `mine` from a pool of so many members, once they are ready; the names of their pods and of the sandbox. */
async function claimOne(
  scenario: RoutedScenario,
  members: number,
): Promise<{ pods: readonly string[]; name: string }> {
  const { dialect } = scenario;
  await scenario.create(dialect.templates, dialect.template("tpl", scenario.pod()));
  await scenario.create(dialect.pools, dialect.pool("pool", "tpl", members));
  const pods = await scenario.untilReadyPods(members);
  await scenario.create(dialect.claims, dialect.claim("mine", { template: "tpl", pool: "pool" }));
  return { pods, name: await scenario.untilClaimed("mine") };
}

/** What holds for the sandbox of a claim, on every release. */
export function claimRoutingCases(test: RoutingCase): void {
  test("of a claim is a warm one, reached by the name that the claim tells", async (scenario) => {
    const { pods, name } = await claimOne(scenario, 1);
    if (scenario.dialect.facts.poolHolds === "sandboxes") expect(name).toMatch(/^pool-/);
    else expect(name).toBe("mine");
    const route = await scenario.untilState(`default/${name}`, "Ready");
    expect(route.podName).toBe(pods[0]);
    expect(await scenario.execute(`default/${name}`, "echo warm")).toMatchObject({ stdout: "warm\n" });
  });

  test("of a claim stays where it is while its pool is refilled", async (scenario) => {
    const { pods, name } = await claimOne(scenario, 1);
    const route = await scenario.untilState(`default/${name}`, "Ready");
    const both = await scenario.untilReadyPods(2);
    expect(both).toContain(pods[0]);
    const after = await scenario.untilState(`default/${name}`, "Ready");
    expect(after.podUid).toBe(route.podUid);
  });

  test("of a claim goes with the claim", async (scenario) => {
    const { pods, name } = await claimOne(scenario, 1);
    await scenario.untilState(`default/${name}`, "Ready");
    await scenario.remove(scenario.dialect.claims, "mine");
    await scenario.untilRoute(`default/${name}`, "gone", (route) => route === undefined);
    await scenario.untilSeen("its pod gone", PODS, (all) =>
      all.some((pod) => pod.metadata.name === pods[0]) ? undefined : true,
    );
    expect(await scenario.execute(`default/${name}`, "true")).toMatchObject({
      status: 404,
      error: "SANDBOX_NOT_FOUND",
    });
  });

  test("of a claim whose template makes no valid pod says so", async (scenario) => {
    const { dialect } = scenario;
    const pod = scenario.pod();
    const containers = pod.containers.map((one) => ({
      ...one,
      volumeMounts: [{ name: "no-such", mountPath: "/data" }],
    }));
    await scenario.create(dialect.templates, dialect.template("tpl", { ...pod, containers }));
    await scenario.create(dialect.pools, dialect.pool("pool", "tpl", 0));
    await scenario.create(dialect.claims, dialect.claim("mine", { template: "tpl", pool: "pool" }));
    const refused = await scenario.untilRoute(
      "default/mine",
      "told why",
      (route) => route?.message.includes("volumeMounts") === true,
    );
    expect(refused).toMatchObject({ state: "Starting", podUid: null });
    const answer = await scenario.execute("default/mine", "true");
    expect(answer).toMatchObject({ status: 503, error: "SANDBOX_NOT_READY" });
    expect(answer.detail).toContain("volumeMounts");
  });
}
