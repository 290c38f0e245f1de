/** The documented balancer before gateways of two regions: a real cluster for each, one address for both. */
import { createHash } from "node:crypto";
import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { writeFileSync } from "node:fs";
import { createServer, type AddressInfo } from "node:net";
import { join } from "node:path";
import { GATEWAY_KEYS, loadConfig, silentLogger } from "@sandgate/contract";
import { loadKubeconfig } from "@sandgate/kube";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { WebSocket } from "ws";
import { runGateway, type RunningGateway } from "../../../packages/cli/src/up/run-gateway.ts";
import { SANDBOX_IMAGE } from "../cluster/sandbox-image.ts";
import { startCluster, type Cluster } from "../cluster/start-cluster.ts";
import { ECHO_SERVER } from "./echo-server.ts";
import { ask } from "./installation.ts";

const example = join(import.meta.dirname, "..", "..", "..", "examples", "multi-region");
const HOST = "sandboxes.example.com";
const KEY = "sg_of-both-regions";

interface Region {
  cluster: Cluster;
  port: number;
  gateway: RunningGateway | null;
}
const regions: Partial<Record<"eu" | "us", Region>> = {};
let balancer: ChildProcess;
let balancerPort = 0;

beforeAll(async () => {
  await Promise.all([openRegion("eu", "alice"), openRegion("us", "bob")]);
  balancerPort = await freePort();
  balancer = spawn("haproxy", ["-f", join(example, "haproxy.cfg")], {
    stdio: ["ignore", "ignore", "inherit"],
    env: {
      ...process.env,
      SANDGATE_LISTEN: `127.0.0.1:${balancerPort}`,
      SANDGATE_USERS: join(example, "users.map"),
      SANDGATE_EU: `127.0.0.1:${region("eu").port}`,
      SANDGATE_US: `127.0.0.1:${region("us").port}`,
    },
  });
});
afterAll(async () => {
  if (balancer !== undefined) {
    const ended = once(balancer, "exit");
    balancer.kill("SIGTERM");
    await ended;
  }
  for (const { gateway, cluster } of Object.values(regions)) {
    await gateway?.close();
    await cluster.close();
  }
});

function region(name: "eu" | "us"): Region {
  const found = regions[name];
  if (found === undefined) throw new Error(`the region ${name} did not open`);
  return found;
}

/** A cluster with two sandboxes of a user: one runs commands, one echoes WebSockets. */
async function openRegion(name: "eu" | "us", user: string): Promise<void> {
  const cluster = await startCluster({ parts: "node", crds: "v0.5.6", upstreamControllers: true });
  regions[name] = { cluster, port: await freePort(), gateway: null };
  const items = [
    boxOf("my-sandbox", user, {}),
    boxOf("echo", user, { command: ["node", "-e", ECHO_SERVER] }),
  ];
  cluster.kubectl(["apply", "-f", "-"], JSON.stringify({ apiVersion: "v1", kind: "List", items }));
  cluster.kubectl(["wait", "sandboxes", "--all", "--for=condition=Ready", "--timeout=120s"]);
  await openGateway(name);
}

/** `sandgate gateway` with what the guide says for several regions: the public URL, the balancer's network, the same keys. */
async function openGateway(name: "eu" | "us"): Promise<void> {
  const { cluster, port } = region(name);
  const apiKeys = join(cluster.facts.folder, "keys.yaml");
  const sha256 = createHash("sha256").update(KEY).digest("hex");
  writeFileSync(apiKeys, `- {id: first, sha256: ${sha256}, user: admin, roles: [admin]}\n`);
  const { values: config } = loadConfig(GATEWAY_KEYS, {
    flags: {
      port,
      apiKeys,
      baseDomain: HOST,
      dial: "pod-ip",
      publicUrl: `http://${HOST}`,
      trustedProxies: "127.0.0.1/32",
    },
  });
  const access = await loadKubeconfig({ env: {}, path: cluster.kubeconfig });
  const gateway = await runGateway({ access, config, logger: silentLogger, near: false });
  region(name).gateway = gateway;
  await gateway.synced;
}

function boxOf(name: string, user: string, container: object): object {
  const readinessProbe = { httpGet: { path: "/", port: 8888 }, periodSeconds: 1 };
  const main = { name: "main", image: SANDBOX_IMAGE, imagePullPolicy: "Never", readinessProbe, ...container };
  return {
    apiVersion: "agents.x-k8s.io/v1beta1",
    kind: "Sandbox",
    metadata: { name, namespace: "default", labels: { user } },
    spec: { podTemplate: { spec: { containers: [main] } } },
  };
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, "close");
  return port;
}

const through = (path: string, command?: string, host = HOST): ReturnType<typeof ask> =>
  ask("127.0.0.1", path, {
    port: balancerPort,
    host,
    key: KEY,
    ...(command === undefined ? {} : { method: "POST", body: JSON.stringify({ command }) }),
  });
const PATIENCE = { timeout: 20_000, interval: 200 };

describe("one address before two regions", () => {
  it("leads each user to the region that the map says, with the same key", async () => {
    // The balancer looks every two seconds whether a region is there.
    for (const user of ["alice", "bob"]) {
      await expect
        .poll(() => through(`/${user}/my-sandbox/execute`, `echo for ${user}`), PATIENCE)
        .toMatchObject({ status: 200, body: `{"stdout":"for ${user}\\n","stderr":"","exit_code":0}` });
    }
    expect(await through("/carol/my-sandbox/")).toMatchObject({ status: 404, error: "SANDBOX_NOT_FOUND" });
  });

  it.each(["alice", "bob"])(
    "leads to the same sandbox of %s by a name under the base domain",
    async (user) => {
      const answer = await through("/execute", `echo page of ${user}`, `my-sandbox--${user}.${HOST}`);
      expect(answer).toMatchObject({
        status: 200,
        body: expect.stringContaining(`page of ${user}`) as string,
      });
    },
  );

  it.each(["alice", "bob"])("carries a WebSocket of %s", async (user) => {
    const socket = new WebSocket(`ws://127.0.0.1:${balancerPort}/${user}/echo/`, {
      headers: { host: HOST, authorization: `Bearer ${KEY}` },
    });
    const [message] = await Promise.all([
      once(socket, "message"),
      once(socket, "open").then(() => socket.send("there and back")),
    ]);
    expect(String(message[0])).toBe("there and back");
    const closed = once(socket, "close");
    socket.close(1000);
    await closed;
  });

  it("goes on for one region while the other is gone, tells whose that is, and serves it when it is back", async () => {
    await region("us").gateway?.close();
    await expect
      .poll(() => through("/bob/my-sandbox/"), PATIENCE)
      .toMatchObject({ status: 503, error: null });
    expect(await through("/alice/my-sandbox/execute", "echo still")).toMatchObject({ status: 200 });
    await openGateway("us");
    await expect
      .poll(() => through("/bob/my-sandbox/execute", "echo back"), PATIENCE)
      .toMatchObject({ status: 200, body: expect.stringContaining("back") as string });
  });
});
