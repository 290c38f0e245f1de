import {
  ANNOTATION_POD_NAME,
  controllerOf,
  LABEL_SANDBOX_NAME_HASH,
  type Logger,
  type PersistentVolumeClaim,
  type Pod,
  type Sandbox,
  type SandboxStatus,
  type Service,
  type Stored,
} from "@sandgate/contract";
import {
  createWorkQueue,
  isAlreadyExists,
  isNotFound,
  objectKey,
  PERSISTENT_VOLUME_CLAIMS,
  PODS,
  SANDBOXES,
  SERVICES,
  type EventRecorder,
  type Informer,
  type KubeClient,
} from "@sandgate/kube";
import { setConditions } from "../conditions.ts";
import type { Controller } from "../controller.ts";
import { nameHash } from "../name-hash.ts";
import { isSame } from "../same.ts";
import {
  dueInMs,
  planSandbox,
  type SandboxAction,
  type SandboxPlan,
  type SandboxView,
} from "./plan-sandbox.ts";
import { PASSING_TYPES, sandboxConditions } from "./sandbox-conditions.ts";

const FIELD_MANAGER = "sandbox-controller";

export interface SandboxControllerOptions {
  client: KubeClient;
  sandboxes: Informer<Sandbox>;
  /** Indexed by `owner`: the controlling UID. */
  pods: Informer<Pod>;
  services: Informer<Service>;
  claims: Informer<PersistentVolumeClaim>;
  events: EventRecorder;
  clusterDomain: string;
  logger: Logger;
}

/** Keeps each Sandbox's pod, Service and claims, and tells its state. Keys are `namespace/name` of Sandboxes. */
export function createSandboxController(options: SandboxControllerOptions): Controller {
  const { client, sandboxes, pods, services, claims } = options;
  const queue = createWorkQueue({
    work: reconcile,
    name: "sandbox",
    logger: options.logger,
    concurrency: 32,
  });

  async function reconcile(key: string): Promise<void> {
    const sandbox = sandboxes.get(key);
    if (sandbox === undefined || sandbox.metadata.deletionTimestamp !== undefined) return;
    const view = observe(sandbox);
    const plan = planSandbox(view);
    let error: string | null = plan.error;
    let retry: unknown = null;
    const results: Partial<Pick<SandboxPlan, "pod" | "service">> = {};
    try {
      for (const action of plan.actions) await apply(sandbox, action, results);
    } catch (failure) {
      error = failure instanceof Error ? failure.message : String(failure);
      retry = failure;
    }
    if (view.ownedPods.length > 1) {
      options.events.record(
        sandbox,
        "Warning",
        "MultiplePods",
        `found ${view.ownedPods.length} pods owned by this sandbox`,
      );
    }
    if (!plan.actions.some((action) => action.kind === "delete-sandbox")) {
      await writeStatus(sandbox, { ...plan, ...results, error }, view);
    }
    const due = dueInMs(sandbox, Date.now());
    if (due !== null) queue.addAfter(key, due);
    if (retry !== null) throw retry;
  }

  function observe(sandbox: Stored<Sandbox>): SandboxView {
    const { namespace, name, uid, annotations } = sandbox.metadata;
    const tracked = annotations?.[ANNOTATION_POD_NAME] ?? name;
    const owned = pods.byIndex("owner", uid);
    const wanted = (sandbox.spec.volumeClaimTemplates ?? []).map((one) => `${one.metadata.name}-${name}`);
    return {
      sandbox,
      ownedPods: owned,
      namedPod: pods.get(`${namespace}/${tracked}`) ?? pods.get(`${namespace}/${name}`),
      service: services.get(`${namespace}/${name}`),
      claims: new Map(
        wanted.flatMap((claim) => {
          const found = claims.get(`${namespace}/${claim}`);
          return found === undefined ? [] : [[claim, found] as const];
        }),
      ),
      nowMs: Date.now(),
    };
  }

  async function apply(
    sandbox: Stored<Sandbox>,
    action: SandboxAction,
    results: Partial<Pick<SandboxPlan, "pod" | "service">>,
  ): Promise<void> {
    const write = { fieldManager: FIELD_MANAGER };
    switch (action.kind) {
      case "create-pod":
        results.pod = await created(client.create(PODS, action.pod, write));
        return;
      case "patch-pod":
        results.pod = await client.patch(
          PODS,
          keyOf(action.pod),
          { type: "merge", body: action.patch },
          write,
        );
        return;
      case "delete-pod":
        await gone(
          client.delete(PODS, keyOf(action.pod), { preconditions: { uid: action.pod.metadata.uid } }),
        );
        return;
      case "create-service":
        results.service = await created(client.create(SERVICES, action.service, write));
        return;
      case "patch-service":
        results.service = await client.patch(
          SERVICES,
          keyOf(action.service),
          { type: "merge", body: action.patch },
          write,
        );
        return;
      case "delete-service":
        await gone(
          client.delete(SERVICES, keyOf(action.service), {
            preconditions: { uid: action.service.metadata.uid },
          }),
        );
        return;
      case "create-claim":
        await created(client.create(PERSISTENT_VOLUME_CLAIMS, action.claim, write));
        return;
      case "patch-claim":
        await client.patch(
          PERSISTENT_VOLUME_CLAIMS,
          keyOf(action.claim),
          { type: "merge", body: action.patch },
          write,
        );
        return;
      case "annotate-pod-name": {
        const body = { metadata: { annotations: { [ANNOTATION_POD_NAME]: action.podName } } };
        await client.patch(SANDBOXES, keyOf(sandbox), { type: "merge", body }, write);
        return;
      }
      case "delete-sandbox":
        await gone(
          client.delete(SANDBOXES, keyOf(sandbox), { preconditions: { uid: sandbox.metadata.uid } }),
        );
        return;
      default:
        action satisfies never;
    }
  }

  async function writeStatus(sandbox: Stored<Sandbox>, plan: SandboxPlan, view: SandboxView): Promise<void> {
    const status = statusOf(sandbox, plan, view, options.clusterDomain);
    if (isSame(sandbox.status ?? {}, status)) return;
    // Members that are gone have to be named to be removed by a merge patch.
    const removed = Object.fromEntries(
      Object.keys(sandbox.status ?? {})
        .filter((key) => !(key in status))
        .map((key) => [key, null]),
    );
    const body = { status: { ...removed, ...status } };
    await gone(
      client.patch(
        SANDBOXES,
        keyOf(sandbox),
        { type: "merge", body },
        { subresource: "status", fieldManager: FIELD_MANAGER },
      ),
    );
  }

  const touch = (object: Stored<Pod> | Stored<Service> | Stored<PersistentVolumeClaim>): void => {
    const owner = controllerOf(object);
    if (owner?.kind === "Sandbox") queue.add(`${object.metadata.namespace}/${owner.name}`);
    // One without an owner, or another's, may stand in the way of the sandbox of its name.
    else queue.add(objectKey(object));
  };
  return {
    sandboxChanged: (sandbox) => queue.add(objectKey(sandbox)),
    childChanged: touch,
    close: () => queue.close(),
  };
}

/** The status that a sandbox should show. */
export function statusOf(
  sandbox: Stored<Sandbox>,
  plan: SandboxPlan,
  view: SandboxView,
  clusterDomain: string,
): SandboxStatus {
  const before = sandbox.status?.conditions ?? [];
  const selector = `${LABEL_SANDBOX_NAME_HASH}=${nameHash(sandbox.metadata.name)}`;
  if (plan.expired) {
    const expired = {
      type: "Ready",
      status: "False" as const,
      reason: "SandboxExpired",
      message: "Sandbox has expired",
      observedGeneration: sandbox.metadata.generation ?? 0,
    };
    return { conditions: setConditions(before, [expired], [], view.nowMs) };
  }
  const pod =
    plan.pod !== undefined && controllerOf(plan.pod)?.uid === sandbox.metadata.uid ? plan.pod : undefined;
  const wanted = sandboxConditions({
    sandbox,
    pod: plan.pod,
    service: plan.service,
    error: plan.error,
    ownedPods: view.ownedPods.length,
  });
  const podIps = (pod?.status?.podIPs ?? []).map(({ ip }) => ip);
  const { name, namespace } = sandbox.metadata;
  // The controller of v0.5.6 keeps its hands off the Service while several pods are there.
  const service = plan.service?.metadata.name;
  const passing = PASSING_TYPES.filter((type) => !wanted.some((one) => one.type === type));
  return {
    conditions: setConditions(before, wanted, passing, view.nowMs),
    selector,
    ...(service === undefined ? {} : { service, serviceFQDN: `${name}.${namespace}.svc.${clusterDomain}` }),
    ...(podIps.length === 0 || sandbox.spec.operatingMode === "Suspended" ? {} : { podIPs: podIps }),
    ...(pod?.spec.nodeName === undefined || sandbox.spec.operatingMode === "Suspended"
      ? {}
      : { nodeName: pod.spec.nodeName }),
  };
}

function keyOf(object: { metadata: { namespace?: string; name: string } }): {
  namespace?: string | undefined;
  name: string;
} {
  return { namespace: object.metadata.namespace, name: object.metadata.name };
}

/** Made by an earlier pass whose event is still under way: the informer will bring it. */
async function created<T>(write: Promise<T>): Promise<T | undefined> {
  try {
    return await write;
  } catch (error) {
    if (isAlreadyExists(error)) return undefined;
    throw error;
  }
}

/** Gone already is as good as deleted now. */
async function gone(write: Promise<unknown>): Promise<void> {
  try {
    await write;
  } catch (error) {
    if (!isNotFound(error)) throw error;
  }
}
