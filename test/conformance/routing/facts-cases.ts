import type { Condition, KubeObject, Stored } from "@sandgate/contract";
import { NETWORK_POLICIES, SERVICES } from "@sandgate/kube";
import { expect } from "vitest";
import type { RoutingCase } from "./routing-cases.ts";

/** What is read of a Sandbox here, in every version of it. */
type Shown = Stored<KubeObject> & {
  spec: { shutdownPolicy?: string };
  status?: { podIPs?: string[]; conditions?: Condition[] };
};

/** The table of releases, line by line: what the documentation says of a release is what its controllers do. */
export function factsCases(test: RoutingCase): void {
  test("is shown as the table of releases says", async (scenario) => {
    const { dialect, namespace } = scenario;
    const { service, podIpsInStatus, shutdownPolicy } = dialect.facts;
    const pod = scenario.pod();
    const containers = pod.containers.map((one) => ({ ...one, ports: [{ containerPort: 8888 }] }));
    const podTemplate = { spec: { ...pod, containers } };
    for (const [name, asked] of [
      ["plain", {}],
      ["served", { service: true, shutdownPolicy: "Retain" }],
    ] as const) {
      const metadata = { name, namespace, labels: { user: "alice" } };
      await scenario.create(dialect.sandboxes, { metadata, spec: { podTemplate, ...asked } } as KubeObject);
    }
    await scenario.untilState("alice/plain", "Ready");
    await scenario.untilState("alice/served", "Ready");

    const { client } = scenario.cluster;
    const { items: services } = await client.list(SERVICES, { namespace });
    const made = Object.fromEntries(services.map((one) => [one.metadata.name, one.spec?.ports ?? []]));
    expect("plain" in made).toBe(service === "always, without ports");
    expect(made["served"]?.map((one) => one.port)).toEqual(
      service === "on request, with ports" ? [8888] : [],
    );

    const shown = (await client.get(dialect.sandboxes, { namespace, name: "served" })) as Shown;
    expect((shown.status?.podIPs ?? []).length > 0).toBe(podIpsInStatus);
    expect(shown.spec.shutdownPolicy !== undefined).toBe(shutdownPolicy);
  });

  test("whose pod has ended is shown as the table of releases says", async (scenario) => {
    const { dialect } = scenario;
    const ends = {
      ...scenario.pod({ command: ["/bin/sh", "-c", "exit 0"] }),
      restartPolicy: "Never" as const,
    };
    await scenario.createSandbox("box", "alice", ends);
    // Where there is no condition of that type, Ready says in which phase the pod is.
    const conditions = await scenario.untilSeen("its end told", dialect.sandboxes, ([box]) => {
      const told = (box as Shown | undefined)?.status?.conditions ?? [];
      return told.some((one) => one.type === "Finished" || one.message.includes("Succeeded"))
        ? told
        : undefined;
    });
    expect(conditions.some((one) => one.type === "Finished")).toBe(dialect.facts.finished);
  });

  test("of a claim has the network policy that the table of releases says", async (scenario) => {
    const { dialect, namespace, cluster } = scenario;
    await scenario.create(dialect.templates, dialect.template(scenario.template, scenario.pod()));
    await scenario.create(dialect.pools, dialect.pool("pool", scenario.template, 1));
    await scenario.create(
      dialect.claims,
      dialect.claim("mine", { template: scenario.template, pool: "pool" }),
    );
    await scenario.untilState(`default/${await scenario.untilClaimed("mine")}`, "Ready");
    if (dialect.admitted === null) {
      expect((await cluster.client.list(NETWORK_POLICIES, { namespace })).items).toEqual([]);
      return;
    }
    const peers = await scenario.untilSeen(
      "its policy",
      NETWORK_POLICIES,
      ([policy]) => policy?.spec?.["ingress"],
    );
    expect(peers).toEqual([{ from: [dialect.admitted] }]);
  });
}
