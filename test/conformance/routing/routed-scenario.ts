import { randomBytes } from "node:crypto";
import { Writable } from "node:stream";
import {
  GATEWAY_KEYS,
  loadConfig,
  silentLogger,
  type KubeObject,
  type PodSpec,
  type Stored,
} from "@sandgate/contract";
import { createRouteTable, startGateway, type Route } from "@sandgate/gateway";
import { execInPod, isNotFound, NAMESPACES, PODS, watchSandboxes, type Resource } from "@sandgate/kube";
import { awaitObjects } from "../await-objects.ts";
import type { ConformanceCluster } from "../conformance-cluster.ts";
import { templateName } from "../scenario.ts";
import type { Dialect } from "./dialect.ts";

/** A gateway that follows one namespace, and the words in which cases are written. */
export interface RoutedScenario {
  readonly cluster: ConformanceCluster;
  readonly dialect: Dialect;
  readonly namespace: string;
  /** Name of the case's template. */
  readonly template: string;
  readonly url: string;
  /** A pod that runs the runtime; ready when that answers, or, `probed`, while there is a file `/tmp/ready`. */
  pod(options?: { probed?: boolean; image?: string; command?: readonly string[] }): PodSpec;
  createSandbox(name: string, user: string, pod?: PodSpec): Promise<void>;
  create(resource: Dialect["sandboxes"], object: KubeObject): Promise<KubeObject>;
  change(resource: Dialect["sandboxes"], name: string, body: object): Promise<void>;
  remove(resource: Dialect["sandboxes"] | "pod", name: string): Promise<void>;
  /** Waits until the gateway's route is as described. */
  untilRoute(
    path: string,
    what: string,
    is: (route: Route | undefined) => boolean,
  ): Promise<Route | undefined>;
  untilState(path: string, state: Route["state"]): Promise<Route>;
  /** Waits until the container of a pod has answered once. */
  untilStarted(pod: string): Promise<void>;
  /** Waits until so many pods are ready, whether a pool or a sandbox made them; their names. */
  untilReadyPods(count: number): Promise<string[]>;
  /** Waits until a claim tells its sandbox; its name. */
  untilClaimed(claim: string): Promise<string>;
  /** Waits until the objects of a kind show what is looked for. */
  untilSeen<T extends KubeObject, R>(
    what: string,
    resource: Resource<T>,
    look: (objects: readonly Stored<T>[]) => R | undefined,
  ): Promise<R>;
  /** Runs a command through the gateway, as users do. */
  execute(
    path: string,
    command: string,
  ): Promise<{ status: number; stdout: string; error: string | null; detail: string }>;
  /** Runs a command by pods/exec, past the gateway. */
  inPod(pod: string, command: readonly string[]): Promise<void>;
  /** Another namespace, with a gateway that follows every one. */
  elsewhere(): Promise<RoutedScenario>;
  close(): Promise<void>;
}

export async function openRoutedScenario(
  cluster: ConformanceCluster,
  dialect: Dialect,
  follows: "its own namespace" | "every namespace" = "its own namespace",
): Promise<RoutedScenario> {
  const { client, image } = cluster;
  const namespace = `route-${randomBytes(4).toString("hex")}`;
  await client.create(NAMESPACES, { metadata: { name: namespace } });
  const watched = follows === "its own namespace" ? { watchNamespace: namespace } : {};
  const { values: config } = loadConfig(GATEWAY_KEYS, { flags: { port: 0, ...watched } });
  const routes = createRouteTable({ userLabel: config.userLabel, userNamespaces: undefined });
  const waiting = new Set<() => void>();
  const watch = watchSandboxes({
    client,
    namespace: config.watchNamespace,
    onChange(uid, entry) {
      routes.put(uid, entry);
      for (const look of waiting) look();
    },
  });
  const source = {
    routes,
    get health() {
      return watch.health;
    },
  };
  const gateway = await startGateway({ config, source, logger: silentLogger });
  await watch.synced;

  const find = (path: string): Route | undefined => {
    const [user = "", name = ""] = path.split("/");
    return routes.find(user, name);
  };
  const untilRoute: RoutedScenario["untilRoute"] = (path, what, is) => {
    const { promise, resolve, reject } = Promise.withResolvers<Route | undefined>();
    const look = (): void => {
      const route = find(path);
      if (is(route)) resolve(route);
    };
    const timer = setTimeout(() => {
      reject(
        new Error(
          `${path} ${what}: not within ${cluster.patienceMs} ms; it is ${JSON.stringify(find(path))}`,
        ),
      );
    }, cluster.patienceMs);
    waiting.add(look);
    look();
    return promise.finally(() => {
      clearTimeout(timer);
      waiting.delete(look);
    });
  };
  const answers = { httpGet: { path: "/", port: 8888 } };
  const pod: RoutedScenario["pod"] = (options = {}) => ({
    containers: [
      {
        name: "main",
        image: options.image ?? image,
        imagePullPolicy: "Never",
        ...(options.command === undefined ? {} : { command: [...options.command] }),
        // Nobody asks whether it is ready before it has answered once.
        startupProbe: { ...answers, periodSeconds: 1, failureThreshold: 60 },
        readinessProbe: {
          ...(options.probed === true ? { exec: { command: ["/bin/ls", "/tmp/ready"] } } : answers),
          periodSeconds: 1,
          failureThreshold: 1,
        },
      },
    ],
  });
  const untilSeen: RoutedScenario["untilSeen"] = (what, resource, until) =>
    awaitObjects({ client, resource, namespace, what, timeoutMs: cluster.patienceMs, until });
  return {
    cluster,
    dialect,
    namespace,
    template: templateName(namespace, dialect),
    url: gateway.url,
    pod,
    async createSandbox(name, user, spec) {
      const metadata = { name, namespace, labels: { user } };
      await client.create(dialect.sandboxes, dialect.sandbox(metadata, spec ?? pod()));
    },
    create: (resource, object) =>
      client.create(resource, { ...object, metadata: { ...object.metadata, namespace } }),
    async change(resource, name, body) {
      await client.patch(resource, { namespace, name }, { type: "merge", body });
    },
    async remove(resource, name) {
      const pods = { group: "", version: "v1", kind: "Pod", plural: "pods", namespaced: true };
      await client.delete(resource === "pod" ? pods : resource, { namespace, name });
    },
    untilRoute,
    async untilState(path, state) {
      const route = await untilRoute(path, `in state ${state}`, (one) => one?.state === state);
      if (route === undefined) throw new Error("unreachable: a state was seen");
      return route;
    },
    untilSeen,
    async untilStarted(name) {
      await untilSeen(`the container of ${name} started`, PODS, (pods) =>
        pods.find(
          (pod) => pod.metadata.name === name && pod.status?.containerStatuses?.[0]?.started === true,
        ),
      );
    },
    untilReadyPods: (count) =>
      untilSeen(`${count} pods that are ready`, PODS, (pods) => {
        const ready = pods.filter(({ status }) =>
          status?.conditions?.some((one) => one.type === "Ready" && one.status === "True"),
        );
        return ready.length === count ? ready.map((one) => one.metadata.name) : undefined;
      }),
    untilClaimed: (claim) =>
      untilSeen(`the sandbox of claim ${claim}`, dialect.claims, (claims) => {
        const found = claims.find((one) => one.metadata.name === claim);
        return found === undefined ? undefined : dialect.claimed(found);
      }),
    async execute(path, command) {
      const response = await fetch(`${gateway.url}/${path}/execute`, {
        method: "POST",
        headers: { "content-type": "application/json" },
        body: JSON.stringify({ command }),
      });
      const body = (await response.json()) as { stdout?: string; detail?: string };
      return {
        status: response.status,
        stdout: body.stdout ?? "",
        error: response.headers.get("sandgate-error"),
        detail: body.detail ?? "",
      };
    },
    async inPod(pod, command) {
      let output = "";
      const sink = (): Writable =>
        new Writable({
          write(chunk: Buffer, _encoding, done) {
            output += chunk.toString();
            done();
          },
        });
      const code = await execInPod(client, { namespace, pod, command, stdout: sink(), stderr: sink() });
      if (code !== 0) throw new Error(`${command.join(" ")} in ${pod} ended with ${code}: ${output}`);
    },
    elsewhere: () => openRoutedScenario(cluster, dialect, "every namespace"),
    async close() {
      await gateway.close();
      await watch.close();
      await client.delete(NAMESPACES, { name: namespace }).catch((error: unknown) => {
        if (!isNotFound(error)) throw error;
      });
    },
  };
}
