import type { Condition, Pod, PodStatus, Stored } from "@sandgate/contract";
import {
  createInformer,
  isConflict,
  isNotFound,
  NODES,
  PODS,
  resourcePath,
  type KubeClient,
} from "@sandgate/kube";

export interface ScriptedNodeOptions {
  client: KubeClient;
  name?: string;
  /** Binds pods, for rows without a scheduler; it meets no node selector. */
  schedules: boolean;
  /** The only image that it has. */
  image: string;
}

/**
 * A node that runs nothing: it writes the status that a kubelet would, at once. Enough for rows of the suite that are about
 * controllers alone.
 */
export async function startScriptedNode(options: ScriptedNodeOptions): Promise<{ close(): Promise<void> }> {
  const { client, name = "scripted", image } = options;
  let addresses = 0;
  const failures: unknown[] = [];
  /** UIDs of pods whose status is written: once, however many events there are. */
  const served = new Set<string>();
  const working = new Set<Promise<void>>();

  await client.create(NODES, { metadata: { name, labels: { "kubernetes.io/hostname": name } } });
  const ready = [{ type: "Ready", status: "True", reason: "KubeletReady", message: "scripted" }];
  const patch = { type: "merge", body: { status: { conditions: ready } } } as const;
  await client.patch(NODES, { name }, patch, { subresource: "status" });
  // The node controller of a real cluster is not there to take this off.
  await client.patch(NODES, { name }, { type: "merge", body: { spec: { taints: null } } });

  async function serve(pod: Stored<Pod>): Promise<void> {
    const key = { namespace: pod.metadata.namespace, name: pod.metadata.name };
    const { uid } = pod.metadata;
    if (pod.spec.nodeName === undefined || pod.spec.nodeName === "") {
      if (options.schedules && pod.metadata.deletionTimestamp === undefined) await schedule(pod);
      return;
    }
    if (pod.metadata.deletionTimestamp !== undefined) {
      await client.delete(PODS, key, { gracePeriodSeconds: 0, preconditions: { uid } });
      return;
    }
    if (served.has(uid) || pod.status?.containerStatuses !== undefined) return;
    served.add(uid);
    const status = scriptedStatus(pod, image, () => `10.99.${addresses >> 8}.${(addresses++ & 255) + 1}`);
    await client.patch(
      PODS,
      key,
      { type: "strategic", body: { metadata: { uid }, status } },
      { subresource: "status" },
    );
  }

  async function schedule(pod: Stored<Pod>): Promise<void> {
    if (Object.keys(pod.spec.nodeSelector ?? {}).length === 0) {
      await bind(pod);
      return;
    }
    if (pod.status?.conditions?.some((one) => one.type === "PodScheduled") === true) return;
    const { namespace, name: pending } = pod.metadata;
    const message = "0/1 nodes are available: 1 node(s) didn't match Pod's node affinity/selector.";
    const condition = { type: "PodScheduled", status: "False", reason: "Unschedulable", message };
    const body = { status: { conditions: [condition] } };
    await client.patch(
      PODS,
      { namespace, name: pending },
      { type: "strategic", body },
      { subresource: "status" },
    );
  }

  async function bind({ metadata: { namespace, name: pod, uid } }: Stored<Pod>): Promise<void> {
    const response = await client.request(
      resourcePath(PODS, { namespace, name: pod, subresource: "binding" }),
      {
        method: "POST",
        headers: { "content-type": "application/json" },
        body: JSON.stringify({
          apiVersion: "v1",
          kind: "Binding",
          metadata: { name: pod, namespace, uid },
          target: { apiVersion: "v1", kind: "Node", name },
        }),
      },
    );
    await response.body.text();
  }

  const pods = createInformer({
    client,
    resource: PODS,
    onChange({ type, object }) {
      if (type === "deleted") return;
      const work = serve(object)
        .catch((error: unknown) => {
          // Changed or gone meanwhile: its event brings it again, or nothing does.
          if (!isNotFound(error) && !isConflict(error)) failures.push(error);
        })
        .finally(() => working.delete(work));
      working.add(work);
    },
  });
  await pods.synced;
  return {
    async close() {
      await pods.close();
      await Promise.all(working);
      await client.delete(NODES, { name });
      if (failures.length > 0) throw new AggregateError(failures, "the scripted node failed");
    },
  };
}

/** What a kubelet would come to with this pod: it is read from the image, the command and the probe. */
function scriptedStatus(pod: Pod, image: string, address: () => string): PodStatus {
  const now = new Date().toISOString().replace(/\.\d+Z$/, "Z");
  const [container] = pod.spec.containers;
  if (container === undefined) throw new Error("a pod without containers");
  const condition = (
    type: string,
    status: Condition["status"],
  ): NonNullable<PodStatus["conditions"]>[number] => ({
    type,
    status,
    lastTransitionTime: now,
  });
  const conditions = (isReady: boolean): NonNullable<PodStatus["conditions"]> => [
    condition("PodScheduled", "True"),
    condition("Initialized", "True"),
    condition("ContainersReady", isReady ? "True" : "False"),
    condition("Ready", isReady ? "True" : "False"),
  ];
  const base = { name: container.name, image: container.image ?? "", imageID: "", restartCount: 0 };
  if (container.image !== image) {
    const waiting = {
      reason: "ErrImageNeverPull",
      message: `Container image "${container.image}" is not present`,
    };
    return {
      phase: "Pending",
      conditions: conditions(false),
      containerStatuses: [{ ...base, ready: false, started: false, state: { waiting } }],
    };
  }
  const ip = address();
  const addressed = { podIP: ip, podIPs: [{ ip }], hostIP: "10.99.255.254", startTime: now };
  const exit = /^exit (\d+)$/.exec(container.command?.at(-1) ?? "");
  if (exit !== null) {
    const exitCode = Number(exit[1]);
    const reason = exitCode === 0 ? "Completed" : "Error";
    const terminated = { exitCode, reason, startedAt: now, finishedAt: now };
    return {
      ...addressed,
      phase: exitCode === 0 ? "Succeeded" : "Failed",
      conditions: conditions(false),
      containerStatuses: [{ ...base, ready: false, started: false, state: { terminated } }],
    };
  }
  const isReady = container.readinessProbe?.exec?.command?.[0] !== "/bin/false";
  return {
    ...addressed,
    phase: "Running",
    conditions: conditions(isReady),
    containerStatuses: [{ ...base, ready: isReady, started: true, state: { running: { startedAt: now } } }],
  };
}
