/** Sandboxes on an API server without controllers or kubelet: the test writes what those would. */
import type { Condition, KubeObject, Pod, Stored } from "@sandgate/contract";
import { PODS, SANDBOXES, SERVICE_ACCOUNTS, type KubeClient, type Resource } from "@sandgate/kube";

export interface WrittenSandbox {
  readonly name: string;
  readonly uid: string;
}

export interface SandboxWriter {
  /** A sandbox with a pod; both say that they are ready. */
  make(name: string): Promise<WrittenSandbox>;
  /** Writes the sandbox's status alone. */
  setReady(name: string, ready: boolean): Promise<void>;
  /** Deletes the sandbox and, as the garbage collector would, its pod. */
  remove(sandbox: WrittenSandbox): Promise<void>;
  /** Whether it was asked for this sandbox to be deleted. */
  isDeleted(uid: string): boolean;
}

export interface WriterOptions {
  client: KubeClient;
  /** The version to write Sandboxes in. */
  resource?: Resource;
  /** What the pods' address is; the test answers there. */
  podIp: string;
  /** The port that the pods declare. */
  port: number;
  user: string;
}

export const NAMESPACE = "default";

/** The one container of every pod. */
export const BOX = (port: number): { name: string; image: string; ports: { containerPort: number }[] } => ({
  name: "box",
  image: "example.com/box",
  ports: [{ containerPort: port }],
});

export async function createSandboxWriter(options: WriterOptions): Promise<SandboxWriter> {
  const { client, podIp, port, user } = options;
  const resource = options.resource ?? SANDBOXES;
  const deleted = new Set<string>();
  // No controller makes it here, and no pod is admitted without.
  await client.patch(
    SERVICE_ACCOUNTS,
    { namespace: NAMESPACE, name: "default" },
    { type: "apply", body: { apiVersion: "v1", kind: "ServiceAccount", metadata: { name: "default" } } },
    { fieldManager: "test" },
  );
  const containers = [BOX(port)];

  async function writeStatus(name: string, ready: boolean): Promise<void> {
    await client.patch(
      resource,
      { namespace: NAMESPACE, name },
      { type: "merge", body: { status: { conditions: [readyCondition(ready)] } } },
      { subresource: "status" },
    );
  }

  return {
    async make(name) {
      const sandbox = await client.create(resource, {
        metadata: { namespace: NAMESPACE, name, labels: { user } },
        spec: { podTemplate: { spec: { containers } } },
      } as KubeObject);
      await client.create(PODS, podOf(sandbox, resource, containers));
      await client.patch(
        PODS,
        { namespace: NAMESPACE, name },
        { type: "merge", body: { status: podStatus(podIp) } },
        { subresource: "status" },
      );
      await writeStatus(name, true);
      return { name, uid: sandbox.metadata.uid };
    },
    setReady: writeStatus,
    async remove({ name, uid }) {
      deleted.add(uid);
      await client.delete(resource, { namespace: NAMESPACE, name }, { preconditions: { uid } });
      await client.delete(PODS, { namespace: NAMESPACE, name }, { gracePeriodSeconds: 0 });
    },
    isDeleted: (uid) => deleted.has(uid),
  };
}

function podOf(sandbox: Stored<KubeObject>, resource: Resource, containers: object[]): Pod {
  const { name, uid } = sandbox.metadata;
  return {
    metadata: {
      namespace: NAMESPACE,
      name,
      ownerReferences: [
        {
          apiVersion: `${resource.group}/${resource.version}`,
          kind: resource.kind,
          name,
          uid,
          controller: true,
        },
      ],
    },
    spec: { containers, automountServiceAccountToken: false },
  } as Pod;
}

export function podStatus(ip: string): object {
  return {
    phase: "Running",
    podIP: ip,
    podIPs: [{ ip }],
    conditions: [{ type: "Ready", status: "True" }],
  };
}

export function readyCondition(ready: boolean): Condition {
  return {
    type: "Ready",
    status: ready ? "True" : "False",
    reason: ready ? "DependenciesReady" : "DependenciesNotReady",
    message: "",
    lastTransitionTime: new Date().toISOString().replace(/\.\d+Z$/, "Z"),
  };
}
