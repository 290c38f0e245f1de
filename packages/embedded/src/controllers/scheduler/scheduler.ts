import type { Logger, Node, Pod, Stored } from "@sandgate/contract";
import {
  createWorkQueue,
  isConflict,
  isNotFound,
  objectKey,
  PODS,
  resourcePath,
  errorFromBody,
  type EventRecorder,
  type Informer,
  type KubeClient,
} from "@sandgate/kube";
import { withKind } from "../with-kind.ts";

export interface SchedulerOptions {
  client: KubeClient;
  pods: Informer<Pod>;
  nodes: Informer<Node>;
  events: EventRecorder;
  logger: Logger;
}

export interface Scheduler {
  podChanged(pod: Stored<Pod>): void;
  /** A node came, went or changed: pods that found none are looked at again. */
  nodesChanged(): void;
  close(): Promise<void>;
}

/** Binds pods that name no node to a ready one that they accept. */
export function createScheduler(options: SchedulerOptions): Scheduler {
  const { client, pods, nodes, events } = options;
  const pending = new Set<string>();
  /** UIDs of pods that are bound and whose watch event is still under way. */
  const bound = new Set<string>();
  const queue = createWorkQueue({
    work: schedule,
    name: "scheduler",
    logger: options.logger,
    concurrency: 16,
  });

  async function schedule(key: string): Promise<void> {
    const pod = pods.get(key);
    pending.delete(key);
    if (pod === undefined || !needsNode(pod) || bound.has(pod.metadata.uid)) return;
    const { node, why } = chooseNode(pod, [...nodes.list()]);
    if (node === null) {
      pending.add(key);
      await refuse(pod, why);
      return;
    }
    const { namespace, name, uid } = pod.metadata;
    const path = resourcePath(PODS, { namespace, name, subresource: "binding" });
    const response = await client.request(path, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({
        apiVersion: "v1",
        kind: "Binding",
        metadata: { name, namespace, uid },
        target: { apiVersion: "v1", kind: "Node", name: node.metadata.name },
      }),
    });
    const body = await response.body.text();
    if (response.status >= 400) {
      const error = errorFromBody(response.status, body);
      // Bound by somebody else, or gone: nothing is left to do.
      if (isConflict(error) || isNotFound(error)) return;
      throw error;
    }
    if (pods.get(key)?.spec.nodeName !== node.metadata.name) bound.add(uid);
    events.record(
      withKind(PODS, pod),
      "Normal",
      "Scheduled",
      `Successfully assigned ${namespace}/${name} to ${node.metadata.name}`,
    );
  }

  async function refuse(pod: Stored<Pod>, message: string): Promise<void> {
    const before = pod.status?.conditions?.find((one) => one.type === "PodScheduled");
    if (before?.status === "False" && before.message === message) return;
    events.record(withKind(PODS, pod), "Warning", "FailedScheduling", message);
    const now = new Date().toISOString().replace(/\.\d+Z$/, "Z");
    const condition = {
      type: "PodScheduled",
      status: "False" as const,
      reason: "Unschedulable",
      message,
      lastTransitionTime: now,
    };
    const conditions = [
      ...(pod.status?.conditions ?? []).filter((one) => one.type !== "PodScheduled"),
      condition,
    ];
    const { namespace, name } = pod.metadata;
    await client.patch(
      PODS,
      { namespace, name },
      { type: "merge", body: { status: { conditions } } },
      { subresource: "status" },
    );
  }

  return {
    podChanged(pod) {
      const key = objectKey(pod);
      const isKnown = pods.get(key)?.metadata.uid === pod.metadata.uid;
      if (isKnown && needsNode(pod)) {
        queue.add(key);
        return;
      }
      bound.delete(pod.metadata.uid);
      pending.delete(key);
    },
    nodesChanged() {
      for (const key of pending) queue.add(key);
    },
    close: () => queue.close(),
  };
}

function needsNode(pod: Stored<Pod>): boolean {
  const { nodeName, schedulingGates = [] } = pod.spec;
  return (
    (nodeName === undefined || nodeName === "") &&
    schedulingGates.length === 0 &&
    pod.metadata.deletionTimestamp === undefined
  );
}

/** The first ready node that the pod's selector accepts, or why there is none. */
export function chooseNode(
  pod: Pod,
  nodes: readonly Stored<Node>[],
): { node: Stored<Node> | null; why: string } {
  if (nodes.length === 0) return { node: null, why: "no nodes available to schedule pods" };
  const ready = nodes.filter(isReady);
  const selector = Object.entries(pod.spec.nodeSelector ?? {});
  const node = ready.find((one) => selector.every(([key, value]) => one.metadata.labels?.[key] === value));
  if (node !== undefined) return { node, why: "" };
  const parts: string[] = [];
  if (nodes.length > ready.length)
    parts.push(`${nodes.length - ready.length} node(s) were not ready or unschedulable`);
  if (ready.length > 0) parts.push(`${ready.length} node(s) didn't match Pod's node affinity/selector`);
  return { node: null, why: `0/${nodes.length} nodes are available: ${parts.join(", ")}.` };
}

function isReady(node: Node): boolean {
  const ready = node.status?.conditions?.find((one) => one["type"] === "Ready");
  return ready?.["status"] === "True" && node.spec?.unschedulable !== true;
}
