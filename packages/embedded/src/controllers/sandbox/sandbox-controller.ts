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
import { nameHash } from "../name-hash.ts";
import type { FreshObjects } from "../fresh-objects.ts";
import { isSame } from "../same.ts";
import { tolerateExisting, tolerateMissing } from "../tolerate.ts";
import { withKind } from "../with-kind.ts";
import {
  lookAgainInMs,
  partOf,
  planSandbox,
  type SandboxAction,
  type SandboxErrors,
  type SandboxPlan,
  type SandboxView,
} from "./plan-sandbox.ts";
import { multiplePods, PASSING_TYPES, sandboxConditions } from "./sandbox-conditions.ts";

const FIELD_MANAGER = "sandbox-controller";

export interface SandboxControllerOptions {
  client: KubeClient;
  sandboxes: FreshObjects<Sandbox>;
  /** Indexed by `owner`: the controlling UID. */
  pods: Informer<Pod>;
  freshPods: FreshObjects<Pod>;
  services: Informer<Service>;
  claims: Informer<PersistentVolumeClaim>;
  events: EventRecorder;
  clusterDomain: string;
  logger: Logger;
}

export interface SandboxController {
  sandboxChanged(sandbox: Stored<Sandbox>): void;
  childChanged(object: Stored<Pod> | Stored<Service> | Stored<PersistentVolumeClaim>): void;
  /** Takes no more work and resolves when what is under way is done. */
  close(): Promise<void>;
}

/** Keeps each Sandbox's pod, Service and claims, and tells its state. Keys are `namespace/name` of Sandboxes. */
export function createSandboxController(options: SandboxControllerOptions): SandboxController {
  const { client, sandboxes, pods, freshPods, services, claims } = options;
  const queue = createWorkQueue({
    work: reconcile,
    name: "sandbox",
    logger: options.logger,
    concurrency: 32,
  });

  /** UIDs of pods whose end is asked for, until the watch shows it. */
  const deletingPods = new Set<string>();

  async function reconcile(key: string): Promise<void> {
    const sandbox = sandboxes.get(key);
    if (sandbox === undefined || sandbox.metadata.deletionTimestamp !== undefined) return;
    const view = observe(sandbox);
    const plan = planSandbox(view);
    // What is over is told before anything goes.
    if (plan.expired) await writeStatus(sandbox, plan, view);
    const errors: SandboxErrors = { ...plan.errors };
    const results: Partial<Pick<SandboxPlan, "pod" | "service">> = {};
    for (const action of plan.actions) {
      const part = partOf(action);
      if (errors[part] !== undefined && plan.errors[part] === undefined) continue;
      try {
        await apply(sandbox, action, results);
      } catch (failure) {
        errors[part] = failure instanceof Error ? failure.message : String(failure);
      }
    }
    if (view.ownedPods.length > 1 && readyReason(sandbox) !== "MultiplePods") {
      const message = multiplePods(view.ownedPods.length);
      options.events.record(withKind(SANDBOXES, sandbox), "Warning", "MultiplePods", message);
    }
    if (!plan.expired) await writeStatus(sandbox, { ...plan, ...results, errors }, view);
    const againMs = lookAgainInMs(sandbox, view.nowMs, Date.now());
    if (againMs !== null) queue.addAfter(key, againMs);
    const failed = Object.values(errors);
    if (failed.length > 0) throw new Error(failed.join("; "));
  }

  function observe(sandbox: Stored<Sandbox>): SandboxView {
    const { namespace, name, uid, annotations } = sandbox.metadata;
    const tracked = annotations?.[ANNOTATION_POD_NAME] ?? name;
    const known = pods.byIndex("owner", uid).flatMap((pod) => freshPods.get(objectKey(pod)) ?? []);
    const made = freshPods.get(`${namespace}/${name}`);
    const isNew = controllerOf(made ?? { metadata: {} })?.uid === uid && !known.some((pod) => pod === made);
    const owned = made !== undefined && isNew ? [...known, made] : known;
    const wanted = (sandbox.spec.volumeClaimTemplates ?? []).map((one) => `${one.metadata.name}-${name}`);
    return {
      sandbox,
      ownedPods: owned,
      namedPod: freshPods.get(`${namespace}/${tracked}`) ?? made,
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
        results.pod = await tolerateExisting(client.create(PODS, action.pod, write));
        if (results.pod !== undefined) freshPods.wrote(results.pod);
        return;
      case "patch-pod":
        results.pod = await client.patch(
          PODS,
          keyOf(action.pod),
          { type: "merge", body: action.patch },
          write,
        );
        freshPods.wrote(results.pod);
        return;
      case "delete-pod":
        await removePod(action.pod);
        return;
      case "create-service":
        results.service = await tolerateExisting(client.create(SERVICES, action.service, write));
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
        await tolerateMissing(
          client.delete(SERVICES, keyOf(action.service), {
            preconditions: { uid: action.service.metadata.uid },
          }),
        );
        return;
      case "create-claim":
        await tolerateExisting(client.create(PERSISTENT_VOLUME_CLAIMS, action.claim, write));
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
        sandboxes.wrote(await client.patch(SANDBOXES, keyOf(sandbox), { type: "merge", body }, write));
        return;
      }
      case "delete-sandbox":
        await tolerateMissing(
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
    const written = await tolerateMissing(
      client.patch(
        SANDBOXES,
        keyOf(sandbox),
        { type: "merge", body },
        { subresource: "status", fieldManager: FIELD_MANAGER },
      ),
    );
    if (written !== undefined) sandboxes.wrote(written);
  }

  /** Asks once for a pod's end: its grace period may take a while, with events all along. */
  async function removePod(pod: Stored<Pod>): Promise<void> {
    const { uid } = pod.metadata;
    if (deletingPods.has(uid)) return;
    deletingPods.add(uid);
    try {
      await tolerateMissing(client.delete(PODS, keyOf(pod), { preconditions: { uid } }));
    } catch (error) {
      deletingPods.delete(uid);
      throw error;
    }
  }

  const touch = (object: Stored<Pod> | Stored<Service> | Stored<PersistentVolumeClaim>): void => {
    const owner = controllerOf(object);
    if (owner?.kind === "Sandbox") queue.add(`${object.metadata.namespace}/${owner.name}`);
    // One without an owner, or another's, may stand in the way of the sandbox of its name.
    else queue.add(objectKey(object));
  };
  return {
    sandboxChanged: (sandbox) => queue.add(objectKey(sandbox)),
    childChanged(object) {
      if (object.metadata.deletionTimestamp !== undefined || pods.get(objectKey(object)) === undefined)
        deletingPods.delete(object.metadata.uid);
      touch(object);
    },
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
    // What it came to (Finished) outlives it; where its pod was does not.
    return { conditions: setConditions(before, [expired], ["PodScheduled"], view.nowMs) };
  }
  const pod =
    plan.pod !== undefined && controllerOf(plan.pod)?.uid === sandbox.metadata.uid ? plan.pod : undefined;
  const wanted = sandboxConditions({
    sandbox,
    pod: plan.pod,
    service: plan.service,
    errors: plan.errors,
    ownedPods: view.ownedPods.length,
  });
  const podIps = (pod?.status?.podIPs ?? []).map(({ ip }) => ip);
  const { name, namespace } = sandbox.metadata;
  const known = sandbox.status ?? {};
  // Nothing is known of a Service that could not be looked after, so what was told of it stays.
  const isServiceKnown = plan.errors.service === undefined && view.ownedPods.length <= 1;
  const service = isServiceKnown ? plan.service?.metadata.name : known.service;
  const passing = PASSING_TYPES.filter((type) => !wanted.some((one) => one.type === type));
  return {
    conditions: setConditions(before, wanted, passing, view.nowMs),
    ...(plan.pod === undefined && known.selector === undefined ? {} : { selector }),
    ...(service === undefined ? {} : { service, serviceFQDN: `${name}.${namespace}.svc.${clusterDomain}` }),
    ...(podIps.length === 0 ? {} : { podIPs: podIps }),
    ...(pod?.spec.nodeName === undefined || pod.spec.nodeName === "" ? {} : { nodeName: pod.spec.nodeName }),
  };
}

function readyReason({ status }: Sandbox): string | undefined {
  return status?.conditions?.find((one) => one.type === "Ready")?.reason;
}

function keyOf(object: { metadata: { namespace?: string; name: string } }): {
  namespace?: string | undefined;
  name: string;
} {
  return { namespace: object.metadata.namespace, name: object.metadata.name };
}
