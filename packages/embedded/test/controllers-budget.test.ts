import { silentLogger, type Sandbox, type SandboxClaim, type Stored } from "@sandgate/contract";
import {
  createKubeClient,
  ENDPOINT_SLICES,
  SANDBOX_CLAIMS,
  SANDBOX_TEMPLATES,
  SANDBOX_WARM_POOLS,
  SANDBOXES,
  type KubeClient,
} from "@sandgate/kube";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { awaitObjects } from "../../../test/conformance/await-objects.ts";
import { startScriptedNode } from "../../../test/conformance/scripted-node.ts";
import { startControllers } from "../src/controllers/index.ts";
import { openTestServer, type TestServer } from "./support/apiserver-client.ts";
import { countWrites, type CountingClient } from "./support/counting-client.ts";

const IMAGE = "sandgate.dev/runtime:latest";
const SPEC = { podTemplate: { spec: { containers: [{ name: "main", image: IMAGE }] } } };

/** The budgets of docs/reference/controllers.md. */
describe("writes of the controllers", () => {
  let server: TestServer;
  let admin: KubeClient;
  let node: { close(): Promise<void> };
  let clients: KubeClient[];

  beforeEach(async () => {
    server = await openTestServer();
    admin = createKubeClient(server.server.access("admin"));
    clients = [admin];
    node = await startScriptedNode({ client: admin, image: IMAGE, schedules: false });
  });
  afterEach(async () => {
    await node.close();
    await Promise.all(clients.map((client) => client.close()));
    await server.close();
  });

  async function open(): Promise<CountingClient & { close(): Promise<void> }> {
    const client = createKubeClient(server.server.access("controllers"));
    clients.push(client);
    const counting = countWrites(client);
    const controllers = await startControllers({ client: counting.client, logger: silentLogger });
    return { ...counting, close: () => controllers.close() };
  }

  function untilSandbox(what: string, is: (sandbox: Stored<Sandbox>) => boolean): Promise<Stored<Sandbox>> {
    const until = (all: readonly Stored<Sandbox>[]): Stored<Sandbox> | undefined => all.find(is);
    return awaitObjects({
      client: admin,
      resource: SANDBOXES,
      namespace: "default",
      what,
      timeoutMs: 20_000,
      until,
    });
  }

  function untilClaimed(name: string): Promise<Stored<SandboxClaim>> {
    return awaitObjects({
      client: admin,
      resource: SANDBOX_CLAIMS,
      namespace: "default",
      what: `${name} ready and stamped`,
      timeoutMs: 20_000,
      until: (all) =>
        all.find(
          (one) =>
            one.metadata.name === name &&
            isReady(one) &&
            one.metadata.annotations?.["agents.x-k8s.io/claim-first-ready-at"] !== undefined,
        ),
    });
  }

  async function readyPool(replicas: number): Promise<void> {
    await admin.create(SANDBOX_TEMPLATES, { metadata: { name: "tpl", namespace: "default" }, spec: SPEC });
    const spec = { replicas, sandboxTemplateRef: { name: "tpl" } };
    await admin.create(SANDBOX_WARM_POOLS, { metadata: { name: "pool", namespace: "default" }, spec });
    await awaitObjects({
      client: admin,
      resource: SANDBOX_WARM_POOLS,
      namespace: "default",
      what: "pool ready",
      timeoutMs: 20_000,
      until: (all) => all.find((one) => one.status?.readyReplicas === replicas),
    });
  }

  it("are at most six for a sandbox from its creation until it is ready", async () => {
    const controllers = await open();
    await admin.create(SANDBOXES, { metadata: { name: "box", namespace: "default" }, spec: SPEC });
    await untilSandbox("ready", isReady);
    await controllers.close();
    expect(controllers.writes).toContain("create pods");
    expect(controllers.writes.filter((one) => one === "create pods")).toHaveLength(1);
    expect(controllers.writes.filter((one) => one === "patch sandboxes")).toHaveLength(1);
    expect(controllers.writes.length).toBeLessThanOrEqual(6);
  });

  it("are at most four for a suspension and six for waking up again", async () => {
    const controllers = await open();
    const key = { namespace: "default", name: "box" };
    await admin.create(SANDBOXES, { metadata: key, spec: SPEC });
    await untilSandbox("ready", isReady);
    const mode = (operatingMode: string): Promise<unknown> =>
      admin.patch(SANDBOXES, key, { type: "merge", body: { spec: { operatingMode } } });
    const start = controllers.writes.length;
    await mode("Suspended");
    await untilSandbox("suspended", (one) => conditionIs(one, "Suspended", "True") && !hasPodName(one));
    const suspended = controllers.writes.length;
    await mode("Running");
    await untilSandbox("ready again", isReady);
    await controllers.close();
    expect(controllers.writes.slice(start, suspended).filter((one) => one === "delete pods")).toHaveLength(1);
    expect(suspended - start).toBeLessThanOrEqual(4);
    expect(controllers.writes.length - suspended).toBeLessThanOrEqual(6);
  });

  it("are two before a claim is ready with a pool's sandbox, and its own are at most four", async () => {
    const filling = await open();
    await readyPool(1);
    await filling.close();
    // Without the pool's refill, whose writes are another budget's.
    const body = { spec: { replicas: 0 } };
    const controllers = await open();
    const claim = {
      metadata: { name: "mine", namespace: "default" },
      spec: { warmPoolRef: { name: "pool" } },
    };
    await admin.create(SANDBOX_CLAIMS, claim);
    await untilClaimed("mine");
    await admin.patch(SANDBOX_WARM_POOLS, { namespace: "default", name: "pool" }, { type: "merge", body });
    await controllers.close();
    // The sandbox's new generation is told by its condition, and so by the claim's.
    expect(controllers.writes.filter((one) => one.includes("sandboxclaims")).length).toBeLessThanOrEqual(4);
    expect(controllers.writes.filter((one) => one === "patch pods")).toHaveLength(1);
    const firstStatus = controllers.writes.indexOf("patch sandboxclaims/status");
    const before = controllers.writes
      .slice(0, firstStatus)
      .filter((one) => one === "patch sandboxclaims" || one === "patch sandboxes");
    expect(before).toEqual(["patch sandboxclaims", "patch sandboxes"]);
  });

  it("are none when the controllers start on what is as it should be", async () => {
    const first = await open();
    await readyPool(2);
    await admin.create(SANDBOXES, {
      metadata: { name: "box", namespace: "default" },
      spec: { ...SPEC, service: true },
    });
    const claim = {
      metadata: { name: "mine", namespace: "default" },
      spec: { warmPoolRef: { name: "pool" } },
    };
    await admin.create(SANDBOX_CLAIMS, claim);
    await untilClaimed("mine");
    await awaitObjects({
      client: admin,
      resource: SANDBOX_WARM_POOLS,
      namespace: "default",
      what: "pool refilled",
      timeoutMs: 20_000,
      until: (all) => all.find((one) => one.status?.readyReplicas === 2),
    });
    await awaitObjects({
      client: admin,
      resource: SANDBOXES,
      namespace: "default",
      what: "all four ready",
      timeoutMs: 20_000,
      until: (all) => (all.length === 4 && all.every(isReady) ? true : undefined),
    });
    await awaitObjects({
      client: admin,
      resource: ENDPOINT_SLICES,
      namespace: "default",
      what: "box's endpoint",
      timeoutMs: 20_000,
      until: (all) => all.find((one) => one.endpoints?.[0]?.conditions?.ready === true),
    });
    await first.close();
    const second = await open();
    await second.close();
    expect(second.writes).toEqual([]);
  });
});

function conditionIs(object: Sandbox | SandboxClaim, type: string, status: string): boolean {
  return object.status?.conditions?.find((one) => one.type === type)?.status === status;
}

function isReady(object: Sandbox | SandboxClaim): boolean {
  return conditionIs(object, "Ready", "True");
}

function hasPodName({ metadata }: Sandbox): boolean {
  return metadata.annotations?.["agents.x-k8s.io/pod-name"] !== undefined;
}
