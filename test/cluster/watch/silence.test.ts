import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { startCluster, type Cluster } from "../cluster/start-cluster.ts";
import { untilReady } from "../cluster/until-ready.ts";
import { startBackend, type Backend } from "./backend.ts";
import { follow } from "./follower.ts";
import { openGatewayLink, type GatewayLink } from "./gateway-link.ts";
import { createSandboxWriter, type SandboxWriter } from "./written-sandboxes.ts";

const FULL = process.env["SANDGATE_TEST_FULL"] === "1";
const SILENCE_MS = 4_000;
/** What the gateway may: as little as following sandboxes takes. */
const ROLE = `
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRole
metadata: {name: gateway}
rules:
- {apiGroups: [""], resources: [pods], verbs: [list, watch]}
- {apiGroups: [agents.x-k8s.io], resources: [sandboxes], verbs: [list, watch]}
`;
const BINDING = `
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRoleBinding
metadata: {name: gateway}
roleRef: {apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: gateway}
subjects: [{apiGroup: rbac.authorization.k8s.io, kind: User, name: gateway}]
`;

describe("a gateway", () => {
  let cluster: Cluster;
  let link: GatewayLink;
  let backend: Backend;
  let writer: SandboxWriter;

  beforeAll(async () => {
    cluster = await startCluster({ parts: "api", crds: "v0.5.6" });
    await cluster.facts.pki.issue("gateway", { user: "gateway", group: "tests" });
    link = openGatewayLink(cluster);
    const { hostAddress } = cluster.facts.network;
    backend = await startBackend(hostAddress);
    const { client } = cluster;
    writer = await createSandboxWriter({ client, podIp: hostAddress, port: backend.port, user: "alice" });
    cluster.kubectl(["apply", "-f", "-"], `${ROLE}---${BINDING}`);
  });
  afterAll(async () => {
    await backend[Symbol.asyncDispose]();
    await cluster.close();
  });
  const isDeleted = (uid: string): boolean => writer.isDeleted(uid);

  it("whose watches fall silent without being closed notices, routes on, and catches up", async () => {
    const [stays, goes] = [await writer.make("stays"), await writer.make("goes")];
    await using followed = await follow({ access: link.access("gateway"), silenceMs: SILENCE_MS, isDeleted });
    await followed.watch.synced;
    const state = (name: string): string | undefined => followed.routes.find("alice", name)?.state;
    link.cut();
    await writer.setReady(stays.name, false);
    await writer.remove(goes);
    await followed.until(
      "the silence is noticed",
      () => followed.watch.health.error !== null,
      SILENCE_MS * 2,
    );
    expect(followed.watch.health.error).toBe("the watch was silent");
    expect([state("stays"), state("goes")]).toEqual(["Ready", "Ready"]);
    expect(await followed.ask("/alice/stays/")).toBe(200);
    expect(await followed.ask("/readyz")).toBe(200);
    // Connecting fails by its time-out now, since nothing refuses it.
    await followed.until(
      "the API server is found away",
      () => followed.watch.health.error?.includes("does not answer") === true,
    );
    link.mend();
    await followed.until(
      "it has caught up",
      () => state("stays") === "Starting" && state("goes") === undefined,
      30_000,
    );
    await followed.until("all is well", () => followed.watch.health.error === null, 30_000);
    expect(followed.wrong).toEqual([]);
  });

  // Nothing but a bookmark is awaited, which takes its minute.
  if (FULL)
    it("that has little to hear takes no quiet for a failure", async () => {
      await using followed = await follow({ access: link.access("gateway"), isDeleted });
      await followed.watch.synced;
      await followed.until("all is well", () => followed.watch.health.error === null);
      const box = await writer.make("quiet");
      await followed.until("it is seen", () => followed.routes.find("alice", box.name)?.state === "Ready");
      const { syncedAtMs } = followed.watch.health;
      // API servers tell that there is nothing to tell, about once a minute.
      await expect
        .poll(() => followed.watch.health.syncedAtMs, { timeout: 100_000, interval: 500 })
        .toBeGreaterThan(syncedAtMs);
      expect(followed.logged.filter((line) => line.includes("failed"))).toEqual([]);
    });

  it("whose permissions are taken away routes on, says what it lacks, and goes on when they are back", async () => {
    const [stays, goes] = [await writer.make("granted"), await writer.make("revoked")];
    await using followed = await follow({ access: link.access("gateway"), isDeleted });
    await followed.watch.synced;
    const state = (name: string): string | undefined => followed.routes.find("alice", name)?.state;
    cluster.kubectl(["delete", "clusterrolebinding", "gateway"]);
    // Watches that were allowed run on until they end; a restart ends them.
    const apiServer = cluster.component("kube-apiserver");
    await apiServer.kill();
    apiServer.start();
    await untilReady(cluster.client, () => cluster.logs());
    await followed.until("it is refused", () => followed.watch.health.error?.includes("forbidden") === true);
    expect(followed.watch.health.error).toContain('User "gateway" cannot');
    await writer.setReady(stays.name, false);
    await writer.remove(goes);
    const comes = await writer.make("later");
    expect([state("granted"), state("revoked")]).toEqual(["Ready", "Ready"]);
    expect(await followed.ask("/alice/granted/")).toBe(200);
    expect(await followed.ask("/readyz")).toBe(200);
    expect(await followed.health()).toMatchObject({ status: "degraded" });
    cluster.kubectl(["apply", "-f", "-"], BINDING);
    await followed.until(
      "it has caught up",
      () =>
        state("granted") === "Starting" && state("revoked") === undefined && state(comes.name) === "Ready",
    );
    await followed.until("all is well", () => followed.watch.health.error === null);
    expect(followed.wrong).toEqual([]);
  });

  it("without permissions at its start says what it lacks and is synced once it has them", async () => {
    cluster.kubectl(["delete", "clusterrolebinding", "gateway"]);
    await using followed = await follow({ access: link.access("gateway") });
    await followed.until("it is refused", () => followed.watch.health.error?.includes("forbidden") === true);
    expect(await followed.ask("/readyz")).toBe(503);
    expect(await followed.ask("/alice/granted/")).toBe(503);
    cluster.kubectl(["apply", "-f", "-"], BINDING);
    await followed.watch.synced;
    expect(await followed.ask("/readyz")).toBe(200);
  });
});
