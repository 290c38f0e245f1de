/** What the tests of an installation do as a user would: commands, requests, and a look at everything that is there. */
import { spawnSync } from "node:child_process";
import { request, type Agent } from "node:http";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { type KubeObject } from "@sandgate/contract";
import { PODS, type Resource } from "@sandgate/kube";
import { findHelm } from "../../../scripts/helm.ts";
import { awaitObjects } from "../../conformance/await-objects.ts";
import type { Cluster } from "../cluster/start-cluster.ts";

const root = join(import.meta.dirname, "..", "..", "..");
export const NAMESPACE = "sandgate-system";
/** A name of the Service that the gateway knows by itself. */
export const HOST = "sandgate-gateway.sandgate-system";

/** Runs Helm on the cluster. @throws Error with its output if it fails. */
export function helm(cluster: Cluster, args: readonly string[]): string {
  const run = spawnSync(
    findHelm((line) => void process.stderr.write(`${line}\n`)),
    args,
    {
      cwd: root,
      encoding: "utf8",
      env: { ...process.env, KUBECONFIG: cluster.kubeconfig },
    },
  );
  if (run.status !== 0) throw new Error(`helm ${args.join(" ")}: ${run.stderr}`);
  return run.stdout;
}

export interface Answer {
  status: number;
  body: string;
  error: string | null;
}

/** One request to the gateway's Service. */
export function ask(
  address: string,
  path: string,
  options: {
    method?: string;
    key?: string;
    body?: string;
    agent?: Agent;
    port?: number;
    host?: string;
    headers?: Record<string, string>;
  } = {},
): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const sent = request(
      {
        host: address,
        port: options.port ?? 80,
        path,
        method: options.method ?? "GET",
        // A connection that is kept stays with the pod that it went to.
        agent: options.agent ?? false,
        timeout: 20_000,
        headers: {
          host: options.host ?? HOST,
          ...options.headers,
          ...(options.key === undefined ? {} : { authorization: `Bearer ${options.key}` }),
          ...(options.body === undefined ? {} : { "content-type": "application/json" }),
        },
      },
      (response) => {
        let body = "";
        response.setEncoding("utf8");
        response.on("data", (chunk: string) => {
          body += chunk;
        });
        response.once("end", () => {
          const error = response.headers["sandgate-error"];
          resolve({
            status: response.statusCode ?? 0,
            body,
            error: typeof error === "string" ? error : null,
          });
        });
        response.once("error", reject);
      },
    );
    sent.once("timeout", () => sent.destroy(new Error(`no answer to ${path} in 20 s`)));
    sent.once("error", reject);
    sent.end(options.body);
  });
}

/**
 * Asks until an address is served. kube-proxy tells nobody when it knows one, so it is asked ten times a second.
 *
 * @throws Error after half a minute.
 */
export async function untilServed(address: string): Promise<void> {
  let last: unknown;
  for (let tries = 0; tries < 300; tries++) {
    try {
      await ask(address, "/healthz");
      return;
    } catch (error) {
      last = error;
      await delay(100);
    }
  }
  throw new Error(`${address} is not served after 30 s`, { cause: last });
}

/**
 * Waits until every replica lists a sandbox as described: each follows the cluster by itself, and a balancer asks any of
 * them. They tell nobody what they know, so they are asked ten times a second.
 *
 * @throws Error after half a minute, with the last list.
 */
export async function untilListed(
  cluster: Cluster,
  key: string,
  path: string,
  is: (listed: { ready: boolean; message: string }) => boolean,
): Promise<void> {
  const selector = "app.kubernetes.io/name=sandgate-gateway";
  const { items } = await cluster.client.list(PODS, { namespace: NAMESPACE, labelSelector: selector });
  const replicas = items
    .filter((pod) => pod.metadata.deletionTimestamp === undefined)
    .map((pod) => pod.status?.podIP ?? "");
  for (const replica of replicas) {
    let last = "";
    for (let tries = 0; ; tries++) {
      last = (await ask(replica, "/sandboxes", { key, port: 8080 })).body;
      const { sandboxes } = JSON.parse(last) as {
        sandboxes: { path: string; ready: boolean; message: string }[];
      };
      if (sandboxes.some((one) => one.path === path && is(one))) break;
      if (tries === 300) throw new Error(`${path} is not as expected at ${replica}: ${last}`);
      await delay(100);
    }
  }
}

/** Waits for one object that is as described. */
export function until<T extends KubeObject, R>(
  cluster: Cluster,
  resource: Resource<T>,
  namespace: string,
  what: string,
  look: (object: T) => R | undefined,
): Promise<R> {
  return awaitObjects({
    client: cluster.client,
    resource,
    namespace,
    what,
    timeoutMs: 90_000,
    until(objects) {
      for (const object of objects) {
        const found = look(object);
        if (found !== undefined) return found;
      }
      return undefined;
    },
  });
}

/** Waits until of the gateway's pods only those are left that are not told to end. */
export async function untilOldPodsGone(cluster: Cluster): Promise<void> {
  await awaitObjects({
    client: cluster.client,
    resource: PODS,
    namespace: NAMESPACE,
    what: "the old pods gone",
    timeoutMs: 120_000,
    until: (pods) => (pods.every((pod) => pod.metadata.deletionTimestamp === undefined) ? true : undefined),
  });
}

/** Kinds whose objects come and go by themselves. */
const TRANSIENT =
  /^(events|leases|endpoints|endpointslices|pods|replicasets|componentstatuses|controllerrevisions)\b/;

/** Every object of the cluster by name, but for those that come and go by themselves. */
export function everything(cluster: Cluster): string[] {
  const kinds = cluster
    .kubectl(["api-resources", "--verbs=list", "-o", "name"])
    .split("\n")
    .filter((kind) => kind !== "" && !TRANSIENT.test(kind));
  const format = '{range .items[*]}{.kind}{" "}{.metadata.namespace}{"/"}{.metadata.name}{"\\n"}{end}';
  const lines = cluster.kubectl(["get", kinds.join(","), "-A", "-o", `jsonpath=${format}`]).split("\n");
  return lines.filter((line) => line !== "").toSorted();
}
