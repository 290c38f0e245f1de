import { createHash, randomBytes } from "node:crypto";
import { Agent } from "node:http";
import { join } from "node:path";
import type { KubeObject } from "@sandgate/contract";
import { NETWORK_POLICIES, PODS, SERVICES, type Resource } from "@sandgate/kube";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { WebSocket } from "ws";
import { awaitObjects } from "../../conformance/await-objects.ts";
import { importImage } from "../cluster/images.ts";
import { startLoadBalancers, type LoadBalancers } from "../cluster/load-balancers.ts";
import { startCluster, type Cluster } from "../cluster/start-cluster.ts";
import { ECHO_SERVER } from "./echo-server.ts";
import { makeImages } from "./images.ts";
import { rightsOf } from "./rights.ts";
import { podOf, refusals, selectedLabels } from "./policies.ts";
import {
  ask,
  everything,
  helm,
  HOST,
  NAMESPACE,
  until,
  untilListed,
  untilOldPodsGone,
  untilServed,
} from "./installation.ts";

const root = join(import.meta.dirname, "..", "..", "..");
const deploy = join(root, "deploy");
const USERS = "agents-alice";
const ROUTER_NAMESPACE = "agent-sandbox-system";
const CHART = "deploy/helm/sandgate";
const NEXT_IMAGE = "sandgate.dev/gateway:0.1.0-next";
const DEPLOYMENTS: Resource = {
  group: "apps",
  version: "v1",
  kind: "Deployment",
  plural: "deployments",
  namespaced: true,
};

let cluster: Cluster;
let balancers: LoadBalancers;
let key = "";

beforeAll(async () => {
  cluster = await startCluster({ parts: "node", crds: "v0.5.6", upstreamControllers: true });
  balancers = await startLoadBalancers(cluster.client, cluster.namespace);
  const images = await makeImages(cluster.facts.folder);
  for (const archive of Object.values(images)) importImage(cluster.namespace, cluster.facts.folder, archive);
});
afterAll(async () => {
  await balancers?.close();
  await cluster?.close();
});

const sandbox = (name: string, container: object): string =>
  JSON.stringify({
    apiVersion: "agents.x-k8s.io/v1beta1",
    kind: "Sandbox",
    metadata: { name, namespace: USERS, labels: { user: "alice" } },
    spec: {
      podTemplate: {
        spec: {
          containers: [
            { name: "main", image: "sandgate.dev/runtime:0.1.0", imagePullPolicy: "Never", ...container },
          ],
        },
      },
    },
  });

const template = (name: string): string =>
  JSON.stringify({
    apiVersion: "extensions.agents.x-k8s.io/v1beta1",
    kind: "SandboxTemplate",
    metadata: { name, namespace: USERS },
    spec: { podTemplate: { spec: { containers: [{ name: "main", image: "sandgate.dev/runtime:0.1.0" }] } } },
  });

const READY = { readinessProbe: { httpGet: { path: "/", port: 8888 }, periodSeconds: 1 } };

/** The documented steps after an installation, by the address that its balancer gave. */
async function documentedSteps(): Promise<string> {
  cluster.kubectl(["-n", NAMESPACE, "rollout", "status", "deployment/sandgate-gateway", "--timeout=120s"]);
  const address = await until(
    cluster,
    SERVICES,
    NAMESPACE,
    "an address of the balancer",
    ({ metadata, status }) =>
      metadata.name === "sandgate-gateway"
        ? (status as { loadBalancer?: { ingress?: { ip?: string }[] } } | undefined)?.loadBalancer
            ?.ingress?.[0]?.ip
        : undefined,
  );
  await untilServed(address);
  const health = await ask(address, "/health");
  expect(JSON.parse(health.body)).toMatchObject({ status: "ok", sandboxes: expect.any(Number) });
  expect((await ask(address, "/sandboxes")).status).toBe(401);
  expect((await ask(address, "/alice/none/", { key })).status).toBe(404);

  cluster.kubectl(["apply", "-f", "-"], sandbox("never", { image: "sandgate.dev/no-such:1" }));
  cluster.kubectl(["apply", "-f", join(root, "examples", "sandbox.yaml")]);
  await untilListed(cluster, key, "alice/my-sandbox", ({ ready }) => ready);
  await untilListed(cluster, key, "alice/never", ({ message }) => message.includes("ErrImageNeverPull"));
  const answer = await ask(address, "/alice/my-sandbox/execute", {
    method: "POST",
    key,
    body: JSON.stringify({ command: 'python3 -c "print(6*7)"' }),
  });
  expect(answer.body).toBe('{"stdout":"42\\n","stderr":"","exit_code":0}');
  const listed = JSON.parse((await ask(address, "/sandboxes", { key })).body) as { sandboxes: object[] };
  expect(listed.sandboxes).toContainEqual(
    expect.objectContaining({ path: "alice/my-sandbox", namespace: USERS, ready: true }),
  );
  const waiting = await ask(address, "/alice/never/", { key });
  expect(waiting).toMatchObject({ status: 503, error: "SANDBOX_NOT_READY" });
  expect(waiting.body).toContain("ErrImageNeverPull");
  const log = cluster.kubectl([
    "-n",
    NAMESPACE,
    "logs",
    "-l",
    "app.kubernetes.io/name=sandgate-gateway",
    "--tail=-1",
  ]);
  expect(log).toContain("alice/my-sandbox");
  expect(log).not.toContain(key);
  return address;
}

/** True once a Deployment's pods are all of its newest form and available. */
function rolledOut(object: KubeObject): true | undefined {
  const { metadata, spec, status } = object as KubeObject & {
    spec: { replicas: number };
    status?: {
      observedGeneration?: number;
      updatedReplicas?: number;
      availableReplicas?: number;
      replicas?: number;
    };
  };
  const counts = [status?.updatedReplicas, status?.availableReplicas, status?.replicas];
  const seen = status?.observedGeneration === metadata.generation;
  return seen && counts.every((count) => count === spec.replicas) ? true : undefined;
}

const RIGHTS = ["pods [] [] [list watch]", "sandboxes.agents.x-k8s.io [] [] [list watch]"];

describe("installed with kustomize, as documented", () => {
  let before: string[] = [];
  let address = "";

  it("answers through its load balancer what the documentation says", async () => {
    cluster.kubectl(["create", "namespace", USERS]);
    before = everything(cluster);
    cluster.kubectl(["create", "namespace", NAMESPACE]);
    key = `sg_${randomBytes(20).toString("hex")}`;
    const hash = createHash("sha256").update(key).digest("hex");
    const keys = `- {id: first, sha256: ${hash}, user: admin, roles: [admin]}\n`;
    cluster.kubectl([
      "-n",
      NAMESPACE,
      "create",
      "secret",
      "generic",
      "sandgate-api-keys",
      `--from-literal=keys.yaml=${keys}`,
    ]);
    cluster.kubectl(["apply", "--server-side", "-k", join(deploy, "kustomize", "base")]);
    address = await documentedSteps();
  }, 300_000);

  it("may read sandboxes and pods, and nothing else", () => {
    expect(rightsOf(cluster, "sandgate-gateway")).toEqual(RIGHTS);
  });

  it("loses no request and drops no WebSocket in a rolling update", async () => {
    cluster.kubectl(
      ["apply", "-f", "-"],
      sandbox("echo", { command: ["node", "-e", ECHO_SERVER], ...READY }),
    );
    await untilListed(cluster, key, "alice/echo", ({ ready }) => ready);
    cluster.namespace.run("ctr", [
      "--address",
      join(cluster.facts.folder, "containerd", "containerd.sock"),
      "--namespace",
      "k8s.io",
      "images",
      "tag",
      "sandgate.dev/gateway:0.1.0",
      NEXT_IMAGE,
    ]);

    const socket = new WebSocket(`ws://${address}/alice/echo/`, {
      headers: { host: HOST, authorization: `Bearer ${key}` },
    });
    const closed = new Promise<number>((resolve) => socket.once("close", resolve));
    await new Promise((resolve, reject) => socket.once("open", resolve).once("error", reject));

    const agent = new Agent({ keepAlive: true });
    const failures: string[] = [];
    const rollout = { done: false };
    let answered = 0;
    const load = Array.from({ length: 4 }, async () => {
      while (!rollout.done) {
        const answer = await ask(address, "/alice/echo/", { key, agent }).catch((error: unknown) =>
          String(error),
        );
        if (typeof answer !== "string" && answer.status === 200 && answer.body === "echo") answered += 1;
        else failures.push(JSON.stringify(answer));
      }
    });
    const deployment = "deployment/sandgate-gateway";
    cluster.kubectl(["-n", NAMESPACE, "set", "image", deployment, `gateway=${NEXT_IMAGE}`]);
    await until(cluster, DEPLOYMENTS, NAMESPACE, "rolled out", rolledOut);
    const echoed = new Promise<string>((resolve) =>
      socket.once("message", (data: Buffer) => resolve(data.toString("utf8"))),
    );
    socket.send("still here");
    expect(await echoed).toBe("still here");
    socket.close(1000);
    expect(await closed).toBe(1000);
    // The load goes on until the last of the old pods is gone.
    await awaitObjects({
      client: cluster.client,
      resource: PODS,
      namespace: NAMESPACE,
      what: "the old pods gone",
      timeoutMs: 120_000,
      until: (pods) => (pods.every((pod) => pod.spec.containers[0]?.image === NEXT_IMAGE) ? true : undefined),
    });
    rollout.done = true;
    await Promise.all(load);
    agent.destroy();
    expect(failures).toEqual([]);
    expect(answered).toBeGreaterThan(100);
  }, 300_000);

  it("leaves nothing when it is deleted", () => {
    cluster.kubectl(["delete", "sandboxes", "--all", "-n", USERS]);
    cluster.kubectl(["delete", "-k", join(deploy, "kustomize", "base"), "--wait"]);
    expect(everything(cluster)).toEqual(before);
  }, 180_000);
});

/** `helm upgrade` with more values, and the wait until only pods of the new form are left. */
async function upgrade(...values: string[]): Promise<void> {
  const sets = values.flatMap((value) => ["--set", value]);
  helm(cluster, ["upgrade", "sandgate", CHART, "--namespace", NAMESPACE, "--reuse-values", ...sets]);
  await until(cluster, DEPLOYMENTS, NAMESPACE, "rolled out", rolledOut);
  await untilOldPodsGone(cluster);
}

describe("installed with Helm, as documented", () => {
  let before: string[] = [];
  let address = "";
  const adminKey = (): string => {
    const template = "go-template={{.data.adminKey|base64decode}}";
    return cluster.kubectl(["-n", NAMESPACE, "get", "secret", "sandgate-api-keys", "-o", template]);
  };

  it("answers through its load balancer what the documentation says, with the key that the chart made", async () => {
    before = everything(cluster);
    const values = ["auth.mode=apiKeys", "auth.apiKeys.generate=true", "userNamespaces=agents-{user}"];
    helm(cluster, [
      ...`install sandgate ${CHART} --namespace ${NAMESPACE} --create-namespace`.split(" "),
      ...values.flatMap((value) => ["--set", value]),
    ]);
    key = adminKey();
    address = await documentedSteps();
    expect(rightsOf(cluster, "sandgate-gateway")).toEqual(RIGHTS);
  }, 300_000);

  it("answers under its own address once that is named, with its key kept", async () => {
    expect(await ask(address, "/sandboxes", { key, host: address })).toMatchObject({
      status: 403,
      error: "HOST_FORBIDDEN",
    });
    await upgrade(`publicUrls={http://${address}}`);
    expect(adminKey()).toBe(key);
    await untilListed(cluster, key, "alice/my-sandbox", ({ ready }) => ready);
    expect(await ask(address, "/sandboxes", { key, host: address })).toMatchObject({ status: 200 });
  }, 180_000);

  it("reaches sandboxes by their Services where it is told to", async () => {
    const withService = JSON.parse(sandbox("served", { ...READY, ports: [{ containerPort: 8888 }] })) as {
      spec: object;
    };
    const served = { ...withService, spec: { ...withService.spec, service: true } };
    cluster.kubectl(["apply", "-f", "-"], JSON.stringify(served));
    await upgrade("config.dial=service");
    await untilListed(cluster, key, "alice/served", ({ ready }) => ready);
    const answer = await ask(address, "/alice/served/execute", {
      method: "POST",
      key,
      body: JSON.stringify({ command: "echo by its Service" }),
    });
    expect(answer).toMatchObject({ status: 200, body: expect.stringContaining("by its Service") });
    await upgrade("config.dial=pod-ip");
  }, 180_000);

  it("adds upstream's router, unless somebody else has its Service", async () => {
    const enable = [
      "upgrade",
      "sandgate",
      CHART,
      "-n",
      NAMESPACE,
      "--reuse-values",
      "--set",
      "router.enabled=true",
    ];
    cluster.kubectl(["create", "namespace", ROUTER_NAMESPACE]);
    cluster.kubectl(
      `-n ${ROUTER_NAMESPACE} create service clusterip sandbox-router-svc --tcp=8080`.split(" "),
    );
    expect(() => helm(cluster, enable)).toThrow("sandbox-router-svc");
    cluster.kubectl(["-n", ROUTER_NAMESPACE, "delete", "service", "sandbox-router-svc"]);
    helm(cluster, enable);
    await until(cluster, DEPLOYMENTS, ROUTER_NAMESPACE, "rolled out", rolledOut);
    const { spec } = await cluster.client.get(SERVICES, {
      namespace: ROUTER_NAMESPACE,
      name: "sandbox-router-svc",
    });
    const router = spec?.clusterIP ?? "";
    expect(await ask(router, "/healthz", { port: 8080 })).toMatchObject({ status: 200 });
    const headers = { "x-sandbox-id": "my-sandbox", "x-sandbox-namespace": USERS, "x-sandbox-port": "8888" };
    const command = { method: "POST", port: 8080, headers, body: JSON.stringify({ command: "echo routed" }) };
    expect(await ask(router, "/execute", command)).toMatchObject({ status: 401 });
    expect(await ask(router, "/execute", { ...command, key })).toMatchObject({
      status: 200,
      body: expect.stringContaining("routed"),
    });
    expect(rightsOf(cluster, "sandgate-router", ROUTER_NAMESPACE)).toEqual(RIGHTS);
  }, 180_000);

  // The network of the tests enforces no policy: what the installed ones say of our pods is worked out from their text.
  it("is admitted by the policies of agent-sandbox as the documentation says", async () => {
    cluster.kubectl(["apply", "-f", "-"], template("guarded"));
    await until(cluster, NETWORK_POLICIES, USERS, "the policy of the template", ({ metadata }) =>
      metadata.name === "guarded-network-policy" ? true : undefined,
    );
    const labels = await selectedLabels(cluster, USERS, "guarded-network-policy");
    const target = { namespace: USERS, labels, port: 8888 };
    const [gateway, router] = [await podOf(cluster, NAMESPACE), await podOf(cluster, ROUTER_NAMESPACE)];
    expect(await refusals(cluster, router, target)).toEqual([]);
    expect(await refusals(cluster, gateway, target)).toEqual(["guarded-network-policy"]);
    await upgrade(`sandboxNamespaces={${USERS}}`);
    expect(await refusals(cluster, await podOf(cluster, NAMESPACE), target)).toEqual([]);
  }, 180_000);

  it("leaves nothing when it is uninstalled", () => {
    cluster.kubectl(["delete", "sandboxes,sandboxtemplates", "--all", "-n", USERS]);
    helm(cluster, ["uninstall", "sandgate", "--namespace", NAMESPACE, "--wait"]);
    cluster.kubectl(["delete", "namespace", NAMESPACE, ROUTER_NAMESPACE]);
    expect(everything(cluster)).toEqual(before);
  }, 180_000);
});
