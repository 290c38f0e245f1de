import { setTimeout as delay } from "node:timers/promises";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { startCluster, type Cluster } from "../cluster/start-cluster.ts";
import { untilReady } from "../cluster/until-ready.ts";
import { startBackend, type Backend } from "./backend.ts";
import { compact } from "./etcd.ts";
import { follow } from "./follower.ts";
import { openGatewayLink, type GatewayLink } from "./gateway-link.ts";
import { createSandboxWriter, type SandboxWriter } from "./written-sandboxes.ts";

const OUTAGE_MS = process.env["SANDGATE_TEST_FULL"] === "1" ? 300_000 : 20_000;
/** The longest pause between two tries, and what an API server that has just started may take besides. */
const RECOVERY_MS = 20_000;

describe("a gateway whose API server", () => {
  let cluster: Cluster;
  let link: GatewayLink;
  let backend: Backend;
  let writer: SandboxWriter;

  beforeAll(async () => {
    cluster = await startCluster({ parts: "api", crds: "v0.5.6" });
    link = openGatewayLink(cluster);
    const { hostAddress } = cluster.facts.network;
    backend = await startBackend(hostAddress);
    const { client } = cluster;
    writer = await createSandboxWriter({ client, podIp: hostAddress, port: backend.port, user: "alice" });
  });
  afterAll(async () => {
    await backend[Symbol.asyncDispose]();
    await cluster.close();
  });
  const start = (): Promise<Awaited<ReturnType<typeof follow>>> =>
    follow({ access: link.access("admin"), isDeleted: writer.isDeleted });
  const apiServer = (): ReturnType<Cluster["component"]> => cluster.component("kube-apiserver");
  const back = async (): Promise<void> => {
    apiServer().start();
    await untilReady(cluster.client, () => cluster.logs());
  };

  it(
    "is away goes on routing from what it knows, says how old that is, and catches up",
    async () => {
      const [stays, goes] = [await writer.make("stays"), await writer.make("goes")];
      await using followed = await start();
      await followed.watch.synced;
      await apiServer().kill();
      await cluster.component("etcd").kill();
      await followed.until("the outage is noticed", () => followed.watch.health.error !== null);
      const { syncedAt } = await followed.health();
      const end = Date.now() + OUTAGE_MS;
      while (Date.now() < end) {
        expect(await followed.ask(`/alice/${stays.name}/`)).toBe(200);
        expect(await followed.ask(`/alice/${goes.name}/`)).toBe(200);
        expect(await followed.ask("/readyz")).toBe(200);
        expect(await followed.health()).toMatchObject({ status: "degraded", sandboxes: 2, syncedAt });
        await delay(1_000);
      }
      expect(Date.now() - Date.parse(String(syncedAt))).toBeGreaterThanOrEqual(OUTAGE_MS);
      cluster.component("etcd").start();
      await back();
      await writer.remove(goes);
      await writer.make("comes");
      await writer.setReady("stays", false);
      await followed.until(
        "it has caught up",
        () =>
          followed.routes.find("alice", "goes") === undefined &&
          followed.routes.find("alice", "comes")?.state === "Ready" &&
          followed.routes.find("alice", "stays")?.state === "Starting",
        RECOVERY_MS,
      );
      await followed.until("all is well", () => followed.watch.health.error === null, RECOVERY_MS);
      expect(await followed.ask("/alice/goes/")).toBe(404);
      expect(await followed.ask("/alice/comes/")).toBe(200);
      expect(followed.wrong).toEqual([]);
    },
    OUTAGE_MS + 90_000,
  );

  it("is restarted loses nothing, and sees what is written right after", async () => {
    const box = await writer.make("restarted");
    await using followed = await start();
    await followed.watch.synced;
    for (let round = 0; round < 3; round++) {
      await apiServer().kill();
      await back();
      await writer.setReady(box.name, round % 2 === 1);
      const state = round % 2 === 1 ? "Ready" : "Starting";
      await followed.until(
        "the change is seen",
        () => followed.routes.find("alice", box.name)?.state === state,
        RECOVERY_MS,
      );
    }
    expect(followed.wrong).toEqual([]);
  });

  it("no longer keeps the version it has seen lists anew, and tells only what differs", async () => {
    const [stays, goes] = [await writer.make("kept"), await writer.make("compacted")];
    await using followed = await start();
    await followed.watch.synced;
    link.cut();
    await writer.remove(goes);
    const comes = await writer.make("unseen");
    compact(cluster);
    // It keeps a window of events of its own besides etcd's, from its start on.
    await apiServer().kill();
    await back();
    link.mend();
    await followed.until(
      "the difference is seen",
      () =>
        followed.routes.find("alice", comes.name)?.state === "Ready" &&
        followed.routes.find("alice", goes.name) === undefined,
      90_000,
    );
    expect(followed.logged.join("\n")).toContain("watch of sandboxes expired, listing again");
    expect(followed.routes.find("alice", stays.name)?.state).toBe("Ready");
    expect(followed.wrong).toEqual([]);
  }, 150_000);

  it("loses the definitions while it is away knows no sandbox a while after it is back", async () => {
    const box = await writer.make("defined");
    await using followed = await follow({ access: link.access("admin"), isDeleted: () => true });
    await followed.watch.synced;
    await apiServer().kill();
    await followed.until("the outage is noticed", () => followed.watch.health.error !== null);
    link.cut();
    await back();
    cluster.kubectl(["delete", "crd", "sandboxes.agents.x-k8s.io"]);
    expect(followed.routes.find("alice", box.name)?.state).toBe("Ready");
    link.mend();
    await followed.until("none is left", () => followed.routes.size === 0, 60_000);
    expect(await followed.ask("/readyz")).toBe(200);
    expect(await followed.ask(`/alice/${box.name}/`)).toBe(404);
    expect(await followed.health()).toMatchObject({ status: "degraded", agentSandbox: "missing" });
    expect(followed.logged.join("\n")).toContain("the definitions of agent-sandbox are gone");
  });
});
