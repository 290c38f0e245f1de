import { createHash } from "node:crypto";
import { LABEL_SANDBOX_NAME_HASH, type Pod, type Sandbox, type Stored } from "@sandgate/contract";
import { PODS, SANDBOXES, type KubeClient } from "@sandgate/kube";

export interface RoutedSandbox {
  name: string;
  namespace?: string;
  /** Address of its pod; none: it has no pod. */
  ip?: string;
  /** Absent: the pod's name is the sandbox's. */
  podName?: string;
  ready?: boolean;
  suspended?: boolean;
  /** Hash in the label of a warm pool's member. */
  pool?: string;
  /** The pod is on its way out, held by a finalizer. */
  terminating?: boolean;
}

/** Writes a sandbox and its pod with the status that controller and kubelet would write. */
export async function createRoutedSandbox(
  client: KubeClient,
  { name, namespace = "default", ip, podName = name, ready = true, ...rest }: RoutedSandbox,
): Promise<Stored<Sandbox>> {
  const pool = rest.pool === undefined ? {} : { "agents.x-k8s.io/warm-pool-sandbox": rest.pool };
  const containers = [{ name: "main", image: "none" }];
  const sandbox = await client.create(SANDBOXES, {
    apiVersion: "agents.x-k8s.io/v1beta1",
    kind: "Sandbox",
    metadata: { name, namespace, labels: pool },
    spec: {
      podTemplate: { spec: { containers } },
      operatingMode: rest.suspended === true ? "Suspended" : "Running",
    },
  });
  const now = new Date().toISOString().replace(/\.\d+Z$/, "Z");
  const state = ready && ip !== undefined;
  const condition = {
    type: "Ready",
    status: state ? "True" : "False",
    reason: state ? "DependenciesReady" : "DependenciesNotReady",
    message: "",
    lastTransitionTime: now,
  };
  await client.patch(
    SANDBOXES,
    { namespace, name },
    { type: "merge", body: { status: { conditions: [condition], podIPs: ip === undefined ? [] : [ip] } } },
    { subresource: "status" },
  );
  if (ip === undefined) return sandbox;
  const pod: Pod = {
    metadata: {
      name: podName,
      namespace,
      labels: {
        [LABEL_SANDBOX_NAME_HASH]: createHash("sha1").update(name).digest("hex").slice(0, 8),
        ...pool,
      },
      ownerReferences: [
        {
          apiVersion: "agents.x-k8s.io/v1beta1",
          kind: "Sandbox",
          name,
          uid: sandbox.metadata.uid,
          controller: true,
        },
      ],
      ...(rest.terminating === true ? { finalizers: ["test.example/held"] } : {}),
    },
    spec: { containers, nodeName: "none" },
  };
  await createPodWithAddress(client, pod, ip, ready);
  if (rest.terminating === true)
    await client.delete(PODS, { namespace, name: podName }, { gracePeriodSeconds: 0 });
  return sandbox;
}

export async function createPodWithAddress(
  client: KubeClient,
  pod: Pod,
  ip: string,
  ready: boolean,
): Promise<void> {
  await client.create(PODS, pod);
  const status = {
    phase: "Running",
    podIP: ip,
    podIPs: [{ ip }],
    hostIP: "192.0.2.1",
    hostIPs: [{ ip: "192.0.2.1" }],
    conditions: [{ type: "Ready", status: ready ? "True" : "False" }],
  };
  const { name, namespace } = pod.metadata;
  await client.patch(
    PODS,
    { namespace, name: name ?? "" },
    { type: "merge", body: { status } },
    { subresource: "status" },
  );
}
