import { join } from "node:path";
import {
  CUSTOM_RESOURCE_DEFINITIONS,
  loadKubeconfig,
  SANDBOXES,
  SANDBOXES_V1ALPHA1,
  type ClusterAccess,
} from "@sandgate/kube";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { agentSandboxCrds } from "../binaries/cluster-binaries.ts";
import { startCluster, type Cluster } from "../cluster/start-cluster.ts";
import { startBackend, type Backend } from "./backend.ts";
import { answerConversions } from "./conversion-webhook.ts";
import { follow } from "./follower.ts";
import { createSandboxWriter, type SandboxWriter } from "./written-sandboxes.ts";

const DEFINITION = { name: "sandboxes.agents.x-k8s.io" };

describe("an upgrade of agent-sandbox under a running gateway", () => {
  let cluster: Cluster;
  let access: ClusterAccess;
  let backend: Backend;
  const writer = (resource: typeof SANDBOXES_V1ALPHA1): Promise<SandboxWriter> =>
    createSandboxWriter({
      client: cluster.client,
      resource,
      podIp: cluster.facts.network.hostAddress,
      port: backend.port,
      user: "alice",
    });

  function installCore(): void {
    const file = join(agentSandboxCrds("v0.4.6"), "agents.x-k8s.io_sandboxes.yaml");
    cluster.kubectl(["apply", "--server-side", "-f", file]);
  }

  /** From now on the cluster serves this version of Sandboxes alone. */
  async function serve(version: string): Promise<void> {
    const definition = (await cluster.client.get(CUSTOM_RESOURCE_DEFINITIONS, DEFINITION)) as unknown as {
      spec: { versions: { name: string }[] };
    };
    const body = definition.spec.versions.map(({ name }, index) => ({
      op: "replace",
      path: `/spec/versions/${index}/served`,
      value: name === version,
    }));
    await cluster.client.patch(CUSTOM_RESOURCE_DEFINITIONS, DEFINITION, { type: "json", body });
    // The API server follows its own definitions by a watch, and ends none of ours before it has.
    const announced = async (): Promise<unknown> => {
      const group = await cluster.client.request("/apis/agents.x-k8s.io");
      return ((await group.body.json()) as { versions: { version: string }[] }).versions.map(
        (one) => one.version,
      );
    };
    await expect.poll(announced, { timeout: 10_000, interval: 50 }).toEqual([version]);
  }

  beforeAll(async () => {
    cluster = await startCluster({ parts: "api" });
    access = await loadKubeconfig({ path: cluster.kubeconfig, env: {} });
    backend = await startBackend(cluster.facts.network.hostAddress);
  });
  afterAll(async () => {
    await backend[Symbol.asyncDispose]();
    await cluster.close();
  });

  it("waits for definitions, of the core and of the extensions, and says what is missing", async () => {
    await using followed = await follow({ access });
    await followed.until("it is known what is served", () => followed.watch.health.error !== null);
    expect(await followed.health()).toMatchObject({
      status: "degraded",
      agentSandbox: "missing",
      reason: "the cluster does not serve agent-sandbox",
    });
    expect(await followed.ask("/readyz")).toBe(503);
    expect(await followed.ask("/alice/box/")).toBe(503);
    installCore();
    await followed.watch.synced;
    expect(await followed.ask("/readyz")).toBe(200);
    expect(await followed.ask("/alice/box/")).toBe(404);
    // A definition that has just appeared is served by fits and starts.
    await followed.until("all is well", () => followed.watch.health.error === null);
    expect(await followed.health()).toMatchObject({ status: "ok", agentSandbox: "core" });
    expect(followed.logged.join("\n")).toContain("no extensions.agents.x-k8s.io");
    await cluster.installCrds("v0.4.6");
    await followed.until("the extensions are seen", () => followed.watch.health.agentSandbox === "complete");
  });

  it("goes from v1alpha1 over both to v1beta1 without losing, doubling or reviving a route", async () => {
    const before = await writer(SANDBOXES_V1ALPHA1);
    const after = await writer(SANDBOXES);
    const isDeleted = (uid: string): boolean => before.isDeleted(uid) || after.isDeleted(uid);
    await using followed = await follow({ access, isDeleted });
    const ready = (name: string): boolean => followed.routes.find("alice", name)?.state === "Ready";
    for (const name of ["one", "two", "three"]) await before.make(name);
    await followed.until("three are ready", () => ["one", "two", "three"].every(ready));

    // The new definitions announce v1beta1 before anything answers its conversions.
    await cluster.installCrds("v0.5.6");
    await followed.until("v1beta1 is tried", () => followed.watch.health.error?.includes("conver") === true);
    expect(["one", "two", "three"].map(ready)).toEqual([true, true, true]);
    expect(await followed.ask("/alice/one/")).toBe(200);

    {
      await using webhook = await answerConversions(cluster);
      await followed.until("v1beta1 is read", () => followed.watch.health.error === null, 60_000);
      expect(webhook.answered).toBeGreaterThan(0);
      await after.setReady("two", false);
      await followed.until("a status in v1beta1 is seen", () => !ready("two"));
      const four = await after.make("four");
      await followed.until("a new one is seen", () => ready("four"));

      await serve("v1beta1");
      await after.setReady("two", true);
      await after.remove(four);
      await followed.until("all is followed still", () => ready("two") && followed.routes.size === 3);
    }
    expect(["one", "two", "three"].map(ready)).toEqual([true, true, true]);
    expect(followed.wrong).toEqual([]);
  });

  it("reads the older version again where an upgrade is taken back", async () => {
    await using followed = await follow({ access });
    await followed.watch.synced;
    expect(followed.routes.size).toBe(3);
    await using _webhook = await answerConversions(cluster);
    await serve("v1alpha1");
    await followed.until("the version is gone", () => followed.watch.health.error !== null);
    await followed.until("the other is read", () => followed.watch.health.error === null);
    const alpha = await writer(SANDBOXES_V1ALPHA1);
    await alpha.setReady("three", false);
    await followed.until(
      "a change in the other is seen",
      () => followed.routes.find("alice", "three")?.state === "Starting",
    );
    expect(followed.routes.size).toBe(3);
    expect(followed.wrong).toEqual([]);
  });

  it("knows no sandbox after the definitions are deleted, and new ones after they are back", async () => {
    await using followed = await follow({ access, isDeleted: () => true });
    await followed.watch.synced;
    {
      // The API server converts what it deletes.
      await using _webhook = await answerConversions(cluster);
      await cluster.client.delete(CUSTOM_RESOURCE_DEFINITIONS, DEFINITION);
      // A watch may end before it has told of all that is deleted; then it takes the gateway's own patience.
      await followed.until("none is left", () => followed.routes.size === 0, 60_000);
    }
    await followed.until("it is noticed", () => followed.watch.health.agentSandbox === "missing");
    expect(await followed.ask("/readyz")).toBe(200);
    installCore();
    cluster.kubectl(["wait", "--for=condition=Established", `crd/${DEFINITION.name}`, "--timeout=30s"]);
    await (await writer(SANDBOXES_V1ALPHA1)).make("later");
    await followed.until("it is back", () => followed.routes.find("alice", "later")?.state === "Ready");
    expect(followed.wrong).toEqual([]);
  });
});
