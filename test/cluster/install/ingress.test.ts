/** The chart's Ingress and HTTPRoute, served by an implementation of both: Traefik, as a program on the node. */
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { WebSocket } from "ws";
import { clusterBinaries, gatewayApiCrds } from "../binaries/cluster-binaries.ts";
import { TRAEFIK_PART } from "../binaries/parts.ts";
import { importImage } from "../cluster/images.ts";
import { startCluster, type Cluster } from "../cluster/start-cluster.ts";
import { ECHO_SERVER } from "./echo-server.ts";
import { makeImages } from "./images.ts";
import { ask, helm, NAMESPACE } from "./installation.ts";

const PORT = 8000;
const USERS = "agents-alice";
const INGRESS_HOST = "sandboxes.example.com";
const ROUTE_HOST = "sandboxes.example.org";

let cluster: Cluster;
let key = "";

beforeAll(async () => {
  const binaries = await clusterBinaries(
    [TRAEFIK_PART],
    (line) => void process.stderr.write(`cluster: ${line}\n`),
  );
  cluster = await startCluster({ parts: "node", crds: "v0.5.6", upstreamControllers: true });
  cluster.kubectl(["apply", "--server-side", "-f", gatewayApiCrds()]);
  const images = await makeImages(cluster.facts.folder);
  for (const archive of Object.values(images)) importImage(cluster.namespace, cluster.facts.folder, archive);
  cluster.start({
    name: "traefik",
    command: binaries("traefik"),
    args: [
      `--entryPoints.web.address=${cluster.facts.network.nodeAddress}:${PORT}`,
      "--providers.kubernetesIngress=true",
      "--providers.kubernetesGateway=true",
    ],
    env: { KUBECONFIG: cluster.kubeconfig },
  });
  cluster.kubectl(["create", "namespace", USERS]);
  cluster.kubectl(["apply", "-f", "-"], JSON.stringify({ apiVersion: "v1", kind: "List", items: OBJECTS }));
  const values = [
    "auth.mode=apiKeys",
    "auth.apiKeys.generate=true",
    "userNamespaces=agents-{user}",
    "service.type=ClusterIP",
    "ingress.enabled=true",
    "ingress.className=traefik",
    `ingress.hosts={${INGRESS_HOST}}`,
    "httpRoute.enabled=true",
    `httpRoute.hostnames={${ROUTE_HOST}}`,
    "httpRoute.parentRefs[0].name=public",
    "httpRoute.parentRefs[0].namespace=default",
  ];
  helm(cluster, [
    ...`install sandgate deploy/helm/sandgate --namespace ${NAMESPACE} --create-namespace`.split(" "),
    ...values.flatMap((value) => ["--set", value]),
  ]);
  cluster.kubectl(["-n", NAMESPACE, "rollout", "status", "deployment/sandgate-gateway", "--timeout=120s"]);
  cluster.kubectl(["-n", USERS, "wait", "sandbox/box", "--for=condition=Ready", "--timeout=60s"]);
  const template = "go-template={{.data.adminKey|base64decode}}";
  key = cluster.kubectl(["-n", NAMESPACE, "get", "secret", "sandgate-api-keys", "-o", template]);
});
afterAll(() => cluster?.close());

describe.each([
  ["an Ingress", INGRESS_HOST],
  ["an HTTPRoute of a Gateway", ROUTE_HOST],
])("through %s", (_kind, host) => {
  const path = "/alice/box/";
  const traefik = (): string => cluster.facts.network.nodeAddress;

  it("a request reaches the sandbox, and without a key it does not", async () => {
    // Traefik tells nobody when it knows a route.
    await expect
      .poll(() => ask(traefik(), path, { port: PORT, host, key }), { timeout: 30_000, interval: 100 })
      .toMatchObject({ status: 200, body: "echo" });
    const stranger = await ask(traefik(), path, { port: PORT, host });
    expect(stranger).toMatchObject({ status: 401, error: "UNAUTHENTICATED" });
  });

  it("a WebSocket reaches the sandbox", async () => {
    const socket = new WebSocket(`ws://${traefik()}:${PORT}${path}`, {
      headers: { host, authorization: `Bearer ${key}` },
    });
    await new Promise((resolve, reject) => {
      socket.once("open", resolve);
      socket.once("error", reject);
    });
    const echoed = new Promise<string>((resolve) =>
      socket.once("message", (data: Buffer) => resolve(data.toString("utf8"))),
    );
    socket.send("through and back");
    expect(await echoed).toBe("through and back");
    const closed = new Promise<number>((resolve) => socket.once("close", resolve));
    socket.close(1000);
    expect(await closed).toBe(1000);
  });
});

const OBJECTS = [
  {
    apiVersion: "networking.k8s.io/v1",
    kind: "IngressClass",
    metadata: { name: "traefik" },
    spec: { controller: "traefik.io/ingress-controller" },
  },
  {
    apiVersion: "gateway.networking.k8s.io/v1",
    kind: "GatewayClass",
    metadata: { name: "traefik" },
    spec: { controllerName: "traefik.io/gateway-controller" },
  },
  {
    apiVersion: "gateway.networking.k8s.io/v1",
    kind: "Gateway",
    metadata: { name: "public", namespace: "default" },
    spec: {
      gatewayClassName: "traefik",
      listeners: [
        { name: "web", protocol: "HTTP", port: PORT, allowedRoutes: { namespaces: { from: "All" } } },
      ],
    },
  },
  {
    apiVersion: "agents.x-k8s.io/v1beta1",
    kind: "Sandbox",
    metadata: { name: "box", namespace: USERS, labels: { user: "alice" } },
    spec: {
      podTemplate: {
        spec: {
          containers: [
            {
              name: "main",
              image: "sandgate.dev/runtime:0.1.0",
              command: ["node", "-e", ECHO_SERVER],
              readinessProbe: { httpGet: { path: "/", port: 8888 }, periodSeconds: 1 },
            },
          ],
        },
      },
    },
  },
];
