/**
 * Whom the policies on a cluster of each release let through to a claimed sandbox. The network of the tests enforces none:
 * what the installed ones say of the pods that are there is worked out from their text and the pods' labels.
 */
import { join } from "node:path";
import type { KubeObject, Pod, PodSpec, Stored } from "@sandgate/contract";
import { NAMESPACES, PODS } from "@sandgate/kube";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { dialectOf } from "../../conformance/routing/dialect.ts";
import { RELEASES } from "../../conformance/routing/releases.ts";
import type { AgentSandboxRelease } from "../binaries/versions.ts";
import { SANDBOX_IMAGE } from "../cluster/sandbox-image.ts";
import { startCluster, type Cluster } from "../cluster/start-cluster.ts";
import { NAMESPACE, until } from "./installation.ts";
import { podOf, refusals } from "./policies.ts";

const kustomize = join(import.meta.dirname, "..", "..", "..", "deploy", "kustomize");
const ROUTER_NAMESPACE = "agent-sandbox-system";
const USERS = "agents";
const PORT = 8888;
const POD: PodSpec = {
  containers: [
    {
      name: "main",
      image: SANDBOX_IMAGE,
      imagePullPolicy: "Never",
      readinessProbe: { httpGet: { path: "/", port: PORT }, periodSeconds: 1 },
    },
  ],
};

/** Who is refused by a template's own policy, before anything is done about it. */
const REFUSED = {
  anybody: [],
  "the router in the sandbox's namespace": ["gateway", "router", "stranger"],
  "the router in agent-sandbox-system": ["gateway", "stranger"],
} as const;

describe.each(["v0.1.0", "v0.2.1", "v0.4.6", "v0.5.6"] satisfies AgentSandboxRelease[])(
  "on %s",
  (release) => {
    const dialect = dialectOf(release);
    let cluster: Cluster;
    let target: { namespace: string; labels: Record<string, string>; port: number };

    beforeAll(async () => {
      cluster = await startCluster({ parts: "node", crds: release, upstreamControllers: true });
      const { client } = cluster;
      await client.create(NAMESPACES, { metadata: { name: USERS } });
      const { metadata } = await claimedPod();
      target = { namespace: USERS, labels: metadata.labels ?? {}, port: PORT };
      await client.create(NAMESPACES, { metadata: { name: ROUTER_NAMESPACE } });
      // Their pods wait for a Secret of keys. They have their labels all the same.
      for (const folder of ["base", "router"])
        cluster.kubectl(["apply", "--server-side", "-k", join(kustomize, folder)]);
      for (const namespace of [NAMESPACE, ROUTER_NAMESPACE])
        await until(cluster, PODS, namespace, "a pod of ours", () => true);
    });
    afterAll(() => cluster?.close());

    /** The pod of a claim that was served out of a pool. */
    async function claimedPod(): Promise<Stored<Pod>> {
      const { client } = cluster;
      const create = (resource: typeof dialect.pools, object: KubeObject): Promise<unknown> =>
        client.create(resource, { ...object, metadata: { ...object.metadata, namespace: USERS } });
      await create(dialect.templates, dialect.template("guarded", POD));
      await create(dialect.pools, dialect.pool("pool", "guarded", 1));
      const ready = (pod: Stored<Pod>): string | undefined =>
        pod.status?.conditions?.some((one) => one.type === "Ready" && one.status === "True") === true
          ? pod.metadata.name
          : undefined;
      const name = await until(cluster, PODS, USERS, "a ready member", (pod) => ready(pod as Stored<Pod>));
      await create(dialect.claims, dialect.claim("mine", { template: "guarded", pool: "pool" }));
      await until(cluster, dialect.claims, USERS, "the claim's sandbox", (claim) => dialect.claimed(claim));
      return client.get(PODS, { namespace: USERS, name });
    }

    /** Who is refused, of those who might come. */
    async function refused(): Promise<string[]> {
      const [gateway, router] = [await podOf(cluster, NAMESPACE), await podOf(cluster, ROUTER_NAMESPACE)];
      const stranger = { ...gateway, metadata: { ...gateway.metadata, labels: { app: "stranger" } } };
      const askers = { gateway, router, stranger };
      const answers = Object.entries(askers).map(
        async ([who, pod]) => [who, await refusals(cluster, pod, target)] as const,
      );
      return (await Promise.all(answers)).flatMap(([who, policies]) => (policies.length > 0 ? [who] : []));
    }

    it(`a template's own policy admits ${RELEASES[release].admits}`, async () => {
      expect(await refused()).toEqual(REFUSED[RELEASES[release].admits]);
    });

    it("the kustomization for namespaces of sandboxes admits gateway and router, and closes nothing that was open", async () => {
      cluster.kubectl(["apply", "-n", USERS, "-k", join(kustomize, "sandbox-namespace")]);
      // v0.1.0 has no policies of templates; none of ours may bring one about.
      expect(await refused()).toEqual(RELEASES[release].admits === "anybody" ? [] : ["stranger"]);
    });
  },
);
