import { PODS } from "@sandgate/kube";
import { expect } from "vitest";
import type { RoutedScenario } from "./routed-scenario.ts";
import type { RoutingCase } from "./routing-cases.ts";

/** Waits until the controller itself has seen the members: before that it would start a claim's sandbox anew. */
async function untilCounted({ dialect, untilSeen }: RoutedScenario, members: number): Promise<void> {
  const count = dialect.facts.poolCountsReady ? "readyReplicas" : "replicas";
  await untilSeen(`${members} counted members`, dialect.pools, (pools) => {
    const { status } = (pools[0] ?? {}) as { status?: { replicas?: number; readyReplicas?: number } };
    return status?.[count] === members ? true : undefined;
  });
}

/** Claims `mine` from a pool of so many members, once they are ready; the names of their pods and of the sandbox. */
async function claimOne(
  scenario: RoutedScenario,
  members: number,
): Promise<{ pods: readonly string[]; name: string }> {
  const { dialect } = scenario;
  await scenario.create(dialect.templates, dialect.template(scenario.template, scenario.pod()));
  await scenario.create(dialect.pools, dialect.pool("pool", scenario.template, members));
  const pods = await scenario.untilReadyPods(members);
  await untilCounted(scenario, members);
  await scenario.create(dialect.claims, dialect.claim("mine", { template: scenario.template, pool: "pool" }));
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

  test("of a claim never leads to the pod of another, however many claim at once", async (scenario) => {
    const { dialect } = scenario;
    await scenario.create(dialect.templates, dialect.template(scenario.template, scenario.pod()));
    await scenario.create(dialect.pools, dialect.pool("pool", scenario.template, 2));
    await scenario.untilReadyPods(2);
    await untilCounted(scenario, 2);
    const claims = ["a", "b", "c", "d"];
    await Promise.all(
      claims.map((name) =>
        scenario.create(dialect.claims, dialect.claim(name, { template: scenario.template, pool: "pool" })),
      ),
    );
    const names = await Promise.all(claims.map(scenario.untilClaimed));
    // Where a pool holds pods, the controllers may name one pod in two sandboxes: the one that does not own it has none.
    const settled = await Promise.all(
      names.map((name) =>
        scenario.untilRoute(
          `default/${name}`,
          "settled",
          (route) =>
            route?.state === "Ready" ||
            (dialect.facts.poolHolds === "pods" && route?.message === "The sandbox has no pod yet"),
        ),
      ),
    );
    const ready = settled.flatMap((route) => (route?.state === "Ready" ? [route] : []));
    if (dialect.facts.poolHolds === "sandboxes") expect(ready).toHaveLength(claims.length);
    expect(new Set(ready.map((route) => route.podUid)).size).toBe(ready.length);
    for (const { name } of ready) await scenario.execute(`default/${name}`, `touch /tmp/of-${name}`);
    for (const { name } of ready) {
      const { stdout } = await scenario.execute(`default/${name}`, "ls /tmp");
      expect(stdout.split("\n").filter((file) => file.startsWith("of-"))).toEqual([`of-${name}`]);
    }
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
    await scenario.create(dialect.templates, dialect.template(scenario.template, { ...pod, containers }));
    await scenario.create(dialect.pools, dialect.pool("pool", scenario.template, 0));
    await scenario.create(
      dialect.claims,
      dialect.claim("mine", { template: scenario.template, pool: "pool" }),
    );
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
