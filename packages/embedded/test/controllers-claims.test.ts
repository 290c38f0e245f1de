import {
  LABEL_WARM_POOL_SANDBOX,
  silentLogger,
  type KubeObject,
  type Sandbox,
  type SandboxClaim,
  type Stored,
} from "@sandgate/contract";
import {
  createKubeClient,
  SANDBOX_CLAIMS,
  SANDBOX_TEMPLATES,
  SANDBOX_WARM_POOLS,
  SANDBOXES,
  type KubeClient,
  type Resource,
} from "@sandgate/kube";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { awaitObjects } from "../../../test/conformance/await-objects.ts";
import { startScriptedNode } from "../../../test/conformance/scripted-node.ts";
import { startControllers, type ControllersHandle } from "../src/controllers/index.ts";
import { openTestServer, type TestServer } from "./support/apiserver-client.ts";

const IMAGE = "sandgate.dev/runtime:latest";

describe("claims", () => {
  let server: TestServer;
  let client: KubeClient;
  let controllerClient: KubeClient;
  let node: { close(): Promise<void> };
  let controllers: ControllersHandle;

  const start = (): Promise<ControllersHandle> =>
    startControllers({ client: controllerClient, logger: silentLogger });
  beforeEach(async () => {
    server = await openTestServer();
    client = createKubeClient(server.server.access("admin"));
    controllerClient = createKubeClient(server.server.access("controllers"));
    node = await startScriptedNode({ client, image: IMAGE, schedules: false });
    controllers = await start();
  });
  afterEach(async () => {
    await node.close();
    await controllers.close();
    await Promise.all([client.close(), controllerClient.close()]);
    await server.close();
  });

  function until<T extends KubeObject, R>(
    resource: Resource<T>,
    what: string,
    found: (all: readonly Stored<T>[]) => R | undefined,
  ): Promise<R> {
    return awaitObjects({ client, resource, namespace: "default", what, timeoutMs: 25_000, until: found });
  }

  async function readyPool(replicas: number): Promise<readonly Stored<Sandbox>[]> {
    const spec = { podTemplate: { spec: { containers: [{ name: "main", image: IMAGE }] } } };
    await client.create(SANDBOX_TEMPLATES, { metadata: { name: "tpl", namespace: "default" }, spec });
    const pool = { replicas, sandboxTemplateRef: { name: "tpl" } };
    await client.create(SANDBOX_WARM_POOLS, { metadata: { name: "pool", namespace: "default" }, spec: pool });
    return until(SANDBOXES, `${replicas} ready members`, (all) =>
      all.length === replicas && all.every(isReady) ? all : undefined,
    );
  }

  function claim(name: string, annotations: Record<string, string> = {}): Promise<Stored<SandboxClaim>> {
    const metadata = { name, namespace: "default", annotations };
    return client.create(SANDBOX_CLAIMS, { metadata, spec: { warmPoolRef: { name: "pool" } } });
  }

  it("in a burst get a sandbox each, and leave the pool with exactly its members", async () => {
    await readyPool(10);
    const names = Array.from({ length: 40 }, (_, index) => `claim-${index}`);
    await Promise.all(names.map((name) => claim(name)));
    const bound = await until(SANDBOX_CLAIMS, "40 ready claims", (all) =>
      all.length === 40 && all.every(isReady) ? all.map((one) => one.status?.sandbox?.name) : undefined,
    );
    expect(new Set(bound).size).toBe(40);
    await until(SANDBOX_WARM_POOLS, "a full pool", (all) =>
      all.find((one) => one.status?.readyReplicas === 10),
    );
    const sandboxes = await until(SANDBOXES, "50 sandboxes", (all) => (all.length === 50 ? all : undefined));
    const members = sandboxes.filter((one) => one.metadata.labels?.[LABEL_WARM_POOL_SANDBOX] !== undefined);
    expect(members).toHaveLength(10);
  });

  it("that have chosen a sandbox before a restart take that one after it", async () => {
    const members = await readyPool(3);
    const chosen = members.at(-1)?.metadata.name ?? "";
    await controllers.close();
    await claim("mine", { "agents.x-k8s.io/sandbox-name": chosen });
    controllers = await start();
    const ready = await until(SANDBOX_CLAIMS, "a ready claim", (all) => all.find(isReady));
    expect(ready.status?.sandbox?.name).toBe(chosen);
  });

  it("that have chosen what another has taken since choose again", async () => {
    const [first] = await readyPool(2);
    const taken = first?.metadata.name ?? "";
    await claim("first", { "agents.x-k8s.io/sandbox-name": taken });
    await until(SANDBOX_CLAIMS, "the first is ready", (all) => all.find(isReady));
    await claim("second", { "agents.x-k8s.io/sandbox-name": taken });
    const second = await until(SANDBOX_CLAIMS, "the second is ready", (all) =>
      all.find((one) => one.metadata.name === "second" && isReady(one)),
    );
    expect(second.status?.sandbox?.name).not.toBe(taken);
    expect(second.metadata.annotations?.["agents.x-k8s.io/sandbox-name"]).not.toBe(taken);
  });

  it("of a pool that grows back while the controllers are away are served when they return", async () => {
    await readyPool(1);
    await controllers.close();
    await Promise.all([claim("a"), claim("b")]);
    await client.delete(SANDBOX_WARM_POOLS, { namespace: "default", name: "pool" });
    const spec = { replicas: 1, sandboxTemplateRef: { name: "tpl" } };
    await client.create(SANDBOX_WARM_POOLS, { metadata: { name: "pool", namespace: "default" }, spec });
    controllers = await start();
    const bound = await until(SANDBOX_CLAIMS, "both ready", (all) =>
      all.length === 2 && all.every(isReady) ? all.map((one) => one.status?.sandbox?.name) : undefined,
    );
    expect(new Set(bound).size).toBe(2);
  });
});

function isReady(object: Sandbox | SandboxClaim): boolean {
  return object.status?.conditions?.find((one) => one.type === "Ready")?.status === "True";
}
