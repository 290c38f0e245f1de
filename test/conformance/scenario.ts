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
import type { Dialect } from "./routing/dialect.ts";

/**
 * One case's namespace, and the words in which cases are written: those of v1beta1. What is asked of the cluster is in the
 * version and with the members of its release.
 */
export interface Scenario {
  readonly cluster: ConformanceCluster;
  readonly dialect: Dialect;
  readonly namespace: string;
  readonly pods: PodKinds;
  /** Name of the case's template. */
  readonly template: string;
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
  /** A claim of a pool. Releases whose claims name a template get the template of the case, or the one that is named. */
  createClaim(
    name: string,
    pool: string,
    spec?: Partial<SandboxClaim["spec"]>,
    template?: string,
  ): Promise<Stored<SandboxClaim>>;
  suspend(sandbox: string): Promise<void>;
  resume(sandbox: string): Promise<void>;
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
  /** Waits until the pools hold exactly so many members, and all are ready. */
  untilMembers(count: number): Promise<Member[]>;
  /** Waits until a claim is ready; the name of its sandbox. */
  untilBound(claim: string): Promise<string>;
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

/**
 * The name of a case's one template. Releases before the latest keep a pool's members in memory by the template's name alone, and
 * forget them when a template of that name goes, in whatever namespace: two cases with one name take each other's members away.
 */
export function templateName(namespace: string, { isLatest }: Pick<Dialect, "isLatest">): string {
  return isLatest ? "tpl" : `tpl-${namespace.slice(-8)}`;
}

/** What a warm pool holds: a pod or a Sandbox, by the release. Its pod has its name. */
export interface Member {
  readonly name: string;
  readonly object: Stored<KubeObject>;
  readonly podSpec: PodSpec;
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
export async function openScenario(cluster: ConformanceCluster, dialect: Dialect): Promise<Scenario> {
  const { client, image } = cluster;
  const namespace = `case-${randomBytes(4).toString("hex")}`;
  await client.create(NAMESPACES, { metadata: { name: namespace } });
  const created = <T extends KubeObject>(resource: Resource<T>, object: T): Promise<Stored<T>> =>
    client.create(dialect.spoken(resource), object);
  const untilAll: Scenario["untilAll"] = (resource, what, until) =>
    awaitObjects({
      client,
      resource: dialect.spoken(resource),
      namespace,
      what,
      timeoutMs: cluster.patienceMs,
      until,
    });
  const until: Scenario["until"] = (resource, name, what, is) =>
    untilAll(resource, `${name}: ${what}`, (objects) =>
      objects.find((one) => one.metadata.name === name && is(one)),
    );
  // A program that has not got as far as to hear that it shall end is not waited for.
  const ready = (): PodSpec => ({ terminationGracePeriodSeconds: 1, containers: [{ name: "main", image }] });
  const change: Scenario["change"] = (resource, name, body) =>
    client.patch(dialect.spoken(resource), { namespace, name }, { type: "merge", body });
  const untilCondition: Scenario["untilCondition"] = (resource, name, type, status, reason) =>
    until(resource, name, `${type}=${status} ${reason ?? ""}`, (object) => {
      const condition = object.status?.conditions?.find((one) => one.type === type);
      return condition?.status === status && (reason === undefined || condition.reason === reason);
    });
  return {
    cluster,
    dialect,
    namespace,
    pods: {
      ready,
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
        spec: { podTemplate: { spec: ready() }, ...spec },
      }),
    template: templateName(namespace, dialect),
    createTemplate: (name, spec) =>
      created(SANDBOX_TEMPLATES, {
        metadata: { name, namespace },
        spec: { podTemplate: { spec: ready() }, ...spec },
      }),
    createPool: (name, template, replicas, spec) =>
      created(SANDBOX_WARM_POOLS, {
        metadata: { name, namespace },
        spec: { replicas, sandboxTemplateRef: { name: template }, ...spec },
      }),
    createClaim(name, pool, spec, template = templateName(namespace, dialect)) {
      const claim = dialect.claim(name, { template, pool }) as SandboxClaim;
      return created(SANDBOX_CLAIMS, {
        metadata: { name, namespace },
        spec: { ...claim.spec, ...spec },
      });
    },
    change,
    async suspend(sandbox) {
      await change(SANDBOXES, sandbox, dialect.suspend);
    },
    async resume(sandbox) {
      await change(SANDBOXES, sandbox, dialect.resume);
    },
    remove: (resource, name) => client.delete(dialect.spoken(resource), { namespace, name }),
    async get(resource, name) {
      try {
        return await client.get(dialect.spoken(resource), { namespace, name });
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
    untilMembers: (count) =>
      untilAll<KubeObject, Member[]>(dialect.members, `${count} ready members`, (objects) => {
        const members = objects.filter(({ metadata }) =>
          metadata.ownerReferences?.some((owner) => owner.kind === "SandboxWarmPool"),
        );
        const isReady = members.every((one) => conditionOf(one, "Ready")?.status === "True");
        return members.length === count && isReady ? members.map(memberOf) : undefined;
      }),
    async untilBound(name) {
      const claim = await untilCondition(SANDBOX_CLAIMS, name, "Ready", "True");
      const sandbox = dialect.claimed(claim);
      if (sandbox === undefined) throw new Error(`${name} is ready and tells no sandbox`);
      return sandbox;
    },
    untilCondition,
    async close() {
      await client.delete(NAMESPACES, { name: namespace }).catch((error: unknown) => {
        if (!isNotFound(error) && !isAlreadyExists(error)) throw error;
      });
    },
  };
}

function memberOf(object: Stored<KubeObject>): Member {
  const { spec } = object as Stored<Pod> | Stored<Sandbox>;
  return {
    name: object.metadata.name,
    object,
    podSpec: "podTemplate" in spec ? spec.podTemplate.spec : spec,
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
  object: object | undefined,
  type: string,
): Omit<Condition, "lastTransitionTime"> | undefined {
  const { status } = (object ?? {}) as { status?: { conditions?: Condition[] } };
  const found = status?.conditions?.find((one) => one.type === type);
  if (found === undefined) return undefined;
  const { lastTransitionTime: _, ...rest } = found;
  return rest;
}
