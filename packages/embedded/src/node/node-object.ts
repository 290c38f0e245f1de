import { arch, cpus, release, totalmem } from "node:os";
import { readFileSync } from "node:fs";
import type { Logger, Node } from "@sandgate/contract";
import { isAlreadyExists, NODES, type KubeClient } from "@sandgate/kube";
import { KUBELET_SOCKET_ANNOTATION } from "./kubelet/kubelet-server.ts";

export interface NodeObjectOptions {
  client: KubeClient;
  name: string;
  address: string;
  podRange: string;
  kubeletSocket: string;
  /** Which limits cannot be enforced, and why; null where all can. */
  withoutLimits: string | null;
  logger: Logger;
}

export interface NodeObject {
  /** Says that the node is no longer ready. */
  close(): Promise<void>;
}

const HEARTBEAT_MS = 60_000;
const PODS = 110;

/** Registers the Node and keeps its status. */
export async function registerNode(options: NodeObjectOptions): Promise<NodeObject> {
  const { client, name, withoutLimits } = options;
  if (withoutLimits !== null) options.logger.warn("limits of pods are not enforced", { why: withoutLimits });
  const labels = {
    "kubernetes.io/hostname": name,
    "kubernetes.io/os": "linux",
    "kubernetes.io/arch": arch() === "x64" ? "amd64" : arch(),
  };
  const annotations = { [KUBELET_SOCKET_ANNOTATION]: options.kubeletSocket };
  const spec = { podCIDR: options.podRange, podCIDRs: [options.podRange] };
  try {
    await client.create(NODES, { metadata: { name, labels, annotations }, spec });
  } catch (error) {
    if (!isAlreadyExists(error)) throw error;
    await client.patch(NODES, { name }, { type: "merge", body: { metadata: { labels, annotations }, spec } });
  }
  const since = new Map<string, string>();
  await report(options, true, since);
  const timer = setInterval(() => {
    report(options, true, since).catch((error: unknown) => {
      options.logger.warn("the node's heartbeat could not be written", { error: (error as Error).message });
    });
  }, HEARTBEAT_MS);
  timer.unref();
  return {
    async close() {
      clearInterval(timer);
      await report(options, false, since);
    },
  };
}

async function report(options: NodeObjectOptions, ready: boolean, since: Map<string, string>): Promise<void> {
  const body = { status: nodeStatus(options, ready, since) };
  await options.client.patch(
    NODES,
    { name: options.name },
    { type: "merge", body },
    { subresource: "status", fieldManager: "sandgate-node" },
  );
}

/** @param since - When each condition became what it is, by type and value. */
function nodeStatus(
  options: NodeObjectOptions,
  ready: boolean,
  since: Map<string, string>,
): NonNullable<Node["status"]> {
  const now = new Date().toISOString().replace(/\.\d+Z$/, "Z");
  const condition = (
    type: string,
    status: string,
    reason: string,
    message: string,
  ): Record<string, unknown> => {
    const key = `${type} ${status}`;
    if (!since.has(key)) since.set(key, now);
    return {
      type,
      status,
      reason,
      message,
      lastHeartbeatTime: now,
      lastTransitionTime: since.get(key) ?? now,
    };
  };
  const resources = {
    cpu: String(cpus().length),
    memory: `${Math.floor(totalmem() / 1024)}Ki`,
    pods: String(PODS),
  };
  return {
    capacity: resources,
    allocatable: resources,
    conditions: [
      ready
        ? condition("Ready", "True", "KubeletReady", "the node runs pods")
        : condition("Ready", "False", "NodeShutdown", "the node has ended"),
      options.withoutLimits === null
        ? condition("ResourceLimits", "True", "CgroupsAvailable", "limits are enforced by control groups")
        : condition(
            "ResourceLimits",
            "False",
            "NoCgroups",
            `limits are not enforced: ${options.withoutLimits}`,
          ),
    ],
    addresses: [
      { type: "InternalIP", address: options.address },
      { type: "Hostname", address: options.name },
    ],
    nodeInfo: {
      machineID: "",
      systemUUID: "",
      bootID: readFileSync("/proc/sys/kernel/random/boot_id", "utf8").trim(),
      kernelVersion: release(),
      osImage: "the host's system",
      containerRuntimeVersion: "sandgate://bubblewrap",
      kubeletVersion: "v1.33.0-sandgate",
      kubeProxyVersion: "",
      operatingSystem: "linux",
      architecture: arch() === "x64" ? "amd64" : arch(),
    },
  };
}
