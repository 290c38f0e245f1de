import { randomBytes } from "node:crypto";
import {
  LABEL_SANDBOX_NAME_HASH,
  type Condition,
  type Pod,
  type PodSpec,
  type Sandbox,
  type SandboxClaim,
  type SandboxTemplate,
  type SandboxWarmPool,
  type Stored,
  type KubeObject,
} from "@sandgate/contract";
import {
  isAlreadyExists,
  isNotFound,
  NAMESPACES,
  SANDBOX_CLAIMS,
  SANDBOX_TEMPLATES,
  SANDBOX_WARM_POOLS,
  SANDBOXES,
  type Resource,
} from "@sandgate/kube";

import { awaitObjects } from "./await-objects.ts";
import type { ConformanceCluster } from "./conformance-cluster.ts";

/** One case's namespace, and the words in which cases are written. */
export interface Scenario {
  readonly cluster: ConformanceCluster;
  readonly namespace: string;
  readonly pods: PodKinds;
  createSandbox(
    name: string,
    spec: Partial<Sandbox["spec"]>,
    metadata?: KubeObject["metadata"],
  ): Promise<Stored<Sandbox>>;
  createTemplate(name: string, spec: Partial<SandboxTemplate["spec"]>): Promise<Stored<SandboxTemplate>>;
  createPool(
    name: string,
    template: string,
    replicas: number,
    spec?: Partial<SandboxWarmPool["spec"]>,
  ): Promise<Stored<SandboxWarmPool>>;
  createClaim(
    name: string,
    pool: string,
    spec?: Partial<SandboxClaim["spec"]>,
  ): Promise<Stored<SandboxClaim>>;
  /** A merge patch of an object of the case. */
  change<T extends KubeObject>(resource: Resource<T>, name: string, body: object): Promise<Stored<T>>;
  remove(resource: Resource, name: string): Promise<void>;
  get<T extends KubeObject>(resource: Resource<T>, name: string): Promise<Stored<T> | undefined>;
  /** Waits for an object that is as described. */
  until<T extends KubeObject>(
    resource: Resource<T>,
    name: string,
    what: string,
    is: (object: Stored<T>) => boolean,
  ): Promise<Stored<T>>;
  /** Waits for a state of all objects of a kind in the namespace. */
  untilAll<T extends KubeObject, R>(
    resource: Resource<T>,
    what: string,
    until: (objects: readonly Stored<T>[]) => R | undefined,
  ): Promise<R>;
  untilGone(resource: Resource, name: string): Promise<void>;
  /** Waits for a Sandbox's or claim's condition; `reason` may be left out. */
  untilCondition<T extends KubeObject & { status?: { conditions?: Condition[] } }>(
    resource: Resource<T>,
    name: string,
    type: string,
    status: Condition["status"],
    reason?: string,
  ): Promise<Stored<T>>;
  close(): Promise<void>;
}

/** Pods that behave in a known way. */
export interface PodKinds {
  ready(): PodSpec;
  /** Runs, and never becomes ready. */
  unready(): PodSpec;
  /** Ends by itself with this code, and is not restarted. */
  exits(code: number): PodSpec;
  missingImage(): PodSpec;
}

/** Makes a namespace for one case. */
export async function openScenario(cluster: ConformanceCluster): Promise<Scenario> {
  const { client, image } = cluster;
  const namespace = `case-${randomBytes(4).toString("hex")}`;
  await client.create(NAMESPACES, { metadata: { name: namespace } });
  const created = <T extends KubeObject>(resource: Resource<T>, object: T): Promise<Stored<T>> =>
    client.create(resource, object);
  const untilAll: Scenario["untilAll"] = (resource, what, until) =>
    awaitObjects({ client, resource, namespace, what, timeoutMs: cluster.patienceMs, until });
  const until: Scenario["until"] = (resource, name, what, is) =>
    untilAll(resource, `${name}: ${what}`, (objects) =>
      objects.find((one) => one.metadata.name === name && is(one)),
    );
  return {
    cluster,
    namespace,
    pods: {
      ready: () => ({ containers: [{ name: "main", image }] }),
      unready: () => ({
        containers: [
          {
            name: "main",
            image,
            command: ["/bin/sh", "-c", "sleep 1000"],
            readinessProbe: { exec: { command: ["/bin/false"] }, periodSeconds: 1 },
          },
        ],
      }),
      exits: (code) => ({
        restartPolicy: "Never",
        containers: [{ name: "main", image, command: ["/bin/sh", "-c", `exit ${code}`] }],
      }),
      missingImage: () => ({
        containers: [{ name: "main", image: "sandgate.dev/no-such-image:1", imagePullPolicy: "Never" }],
      }),
    },
    createSandbox: (name, spec, metadata) =>
      created(SANDBOXES, {
        metadata: { ...metadata, name, namespace },
        spec: { podTemplate: { spec: { containers: [{ name: "main", image }] } }, ...spec },
      }),
    createTemplate: (name, spec) =>
      created(SANDBOX_TEMPLATES, {
        metadata: { name, namespace },
        spec: { podTemplate: { spec: { containers: [{ name: "main", image }] } }, ...spec },
      }),
    createPool: (name, template, replicas, spec) =>
      created(SANDBOX_WARM_POOLS, {
        metadata: { name, namespace },
        spec: { replicas, sandboxTemplateRef: { name: template }, ...spec },
      }),
    createClaim: (name, pool, spec) =>
      created(SANDBOX_CLAIMS, {
        metadata: { name, namespace },
        spec: { warmPoolRef: { name: pool }, ...spec },
      }),
    change: (resource, name, body) => client.patch(resource, { namespace, name }, { type: "merge", body }),
    remove: (resource, name) => client.delete(resource, { namespace, name }),
    async get(resource, name) {
      try {
        return await client.get(resource, { namespace, name });
      } catch (error) {
        if (isNotFound(error)) return undefined;
        throw error;
      }
    },
    until,
    untilAll,
    async untilGone(resource, name) {
      await untilAll(resource, `${name} gone`, (objects) =>
        objects.some((one) => one.metadata.name === name) ? undefined : true,
      );
    },
    untilCondition: (resource, name, type, status, reason) =>
      until(resource, name, `${type}=${status} ${reason ?? ""}`, (object) => {
        const condition = object.status?.conditions?.find((one) => one.type === type);
        return condition?.status === status && (reason === undefined || condition.reason === reason);
      }),
    async close() {
      await client.delete(NAMESPACES, { name: namespace }).catch((error: unknown) => {
        if (!isNotFound(error) && !isAlreadyExists(error)) throw error;
      });
    },
  };
}

/** The pod of a sandbox, by its owner's UID. */
export function podOf(sandbox: Stored<Sandbox>, pods: readonly Stored<Pod>[]): Stored<Pod> | undefined {
  return pods.find(
    (pod) =>
      pod.metadata.ownerReferences?.some(
        (owner) => owner.controller === true && owner.uid === sandbox.metadata.uid,
      ) === true && pod.metadata.labels?.[LABEL_SANDBOX_NAME_HASH] !== undefined,
  );
}

export function conditionOf(
  object: { status?: { conditions?: Condition[] } } | undefined,
  type: string,
): Omit<Condition, "lastTransitionTime"> | undefined {
  const found = object?.status?.conditions?.find((one) => one.type === type);
  if (found === undefined) return undefined;
  const { lastTransitionTime: _, ...rest } = found;
  return rest;
}
