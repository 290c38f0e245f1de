import { setTimeout as delay } from "node:timers/promises";
import { SANDBOXES } from "@sandgate/kube";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { startCluster, type Cluster } from "../cluster/start-cluster.ts";
import { startBackend, type Backend } from "./backend.ts";
import { createChurn, seeded, type Churn } from "./churn.ts";
import { compact, restore } from "./etcd.ts";
import { follow, type Follower } from "./follower.ts";
import { openGatewayLink, type GatewayLink } from "./gateway-link.ts";
import { createSandboxWriter, type SandboxWriter } from "./written-sandboxes.ts";

const FULL = process.env["SANDGATE_TEST_FULL"] === "1";
const SANDBOX_COUNT = 10_000;
const CHANGES_PER_SECOND = 100;
const CHURN_MS = FULL ? 300_000 : 20_000;
const CUT_MS = 3_000;
/** A route may be this far behind what the API server has acknowledged: on a busy machine, with the writer beside it. */
const LAG_MS = 2_000;

describe(`a gateway of ${SANDBOX_COUNT} sandboxes, of which ${CHANGES_PER_SECOND} a second change`, () => {
  let cluster: Cluster;
  let link: GatewayLink;
  let backend: Backend;
  let writer: SandboxWriter;
  let churn: Churn;

  beforeAll(async () => {
    cluster = await startCluster({ parts: "api", crds: "v0.5.6" });
    link = openGatewayLink(cluster);
    const podIp = cluster.facts.network.hostAddress;
    backend = await startBackend(podIp);
    const pods = { podIp, port: backend.port, user: "alice" };
    writer = await createSandboxWriter({ client: cluster.client, ...pods });
    churn = createChurn(writer, restore(cluster, { count: SANDBOX_COUNT, ...pods }), seeded(1));
  });
  afterAll(async () => {
    await backend[Symbol.asyncDispose]();
    await cluster.close();
  });

  /** What is wrong with the routes now, judged by changes that are long acknowledged. */
  function stale({ routes }: Follower): string[] {
    const before = Date.now() - LAG_MS;
    const wrong: string[] = [];
    for (const { name, uid, ready, changedAtMs } of churn.expected.values()) {
      if (changedAtMs > before) continue;
      const route = routes.find("alice", name);
      if (route?.sandboxUid !== uid) wrong.push(`${name} has no route`);
      else if ((route.state === "Ready") !== ready) wrong.push(`${name} is ${route.state}`);
    }
    for (const [name, removedAtMs] of churn.removed) {
      if (removedAtMs < before && routes.find("alice", name) !== undefined) wrong.push(`${name} has a route`);
    }
    return wrong;
  }

  it(
    "loses none, keeps none that is gone, and brings none back, through a silence and a compaction",
    async () => {
      await using followed = await follow({ access: link.access("admin"), isDeleted: writer.isDeleted });
      await followed.watch.synced;
      expect(followed.routes.size).toBe(SANDBOX_COUNT);
      let connected = true;
      let running = true;
      const sampled: string[] = [];
      let samples = 0;
      const sampling = (async () => {
        while (running) {
          await delay(500);
          if (!connected) continue;
          samples++;
          sampled.push(...stale(followed));
        }
      })();
      const disturbing = (async () => {
        await delay(CHURN_MS / 3);
        connected = false;
        link.cut();
        await delay(CUT_MS);
        compact(cluster);
        link.mend();
        await followed.until("it has caught up", () => stale(followed).length === 0, 15_000);
        connected = true;
      })();
      await churn.run(CHANGES_PER_SECOND, CHURN_MS);
      await disturbing;
      await checkFinalList();
      await followed.until("the end is seen", () => stale(followed).length === 0, 15_000);
      running = false;
      await sampling;

      expect(sampled).toEqual([]);
      expect(samples).toBeGreaterThan(CHURN_MS / 1_500);
      expect(followed.wrong).toEqual([]);
      expect(churn.changes).toBe((CHANGES_PER_SECOND * CHURN_MS) / 1000);
      expect(await listed(followed)).toEqual(expectedList());
    },
    CHURN_MS + 90_000,
  );

  /** The API server's own last word is what the test believes. */
  async function checkFinalList(): Promise<void> {
    const list = await cluster.client.list(SANDBOXES);
    expect(list.items.map(({ metadata }) => metadata.uid).toSorted()).toEqual(
      [...churn.expected.values()].map(({ uid }) => uid).toSorted(),
    );
  }

  async function listed({ url }: Follower): Promise<string[]> {
    const answer = (await (await fetch(`${url}/sandboxes`)).json()) as {
      sandboxes: { path: string; uid: string; ready: boolean }[];
    };
    return answer.sandboxes.map(({ path, uid, ready }) => `${path} ${uid} ${ready}`).toSorted();
  }

  function expectedList(): string[] {
    return [...churn.expected.values()]
      .map(({ name, uid, ready }) => `alice/${name} ${uid} ${ready}`)
      .toSorted();
  }
});
