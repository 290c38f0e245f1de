import { PODS, SERVICE_ACCOUNTS } from "@sandgate/kube";
import { awaitObjects } from "../../conformance/await-objects.ts";
import { SANDBOX_IMAGE } from "../cluster/sandbox-image.ts";
import type { Cluster } from "../cluster/start-cluster.ts";

const NAMESPACE = "default";
const CONTAINER = {
  name: "main",
  image: SANDBOX_IMAGE,
  imagePullPolicy: "Never",
  volumeMounts: [{ name: "scratch", mountPath: "/scratch" }],
  readinessProbe: { httpGet: { path: "/", port: 8888 }, periodSeconds: 1 },
};

/** Runs a pod with a volume in memory and a Service before it, so that every part of a node has something to leave behind. */
export async function untilReadyPod({ client, kubectl }: Cluster): Promise<void> {
  const timeoutMs = 60_000;
  await awaitObjects({
    client,
    resource: SERVICE_ACCOUNTS,
    namespace: NAMESPACE,
    what: "the service account of pods",
    timeoutMs,
    until: (accounts) => accounts.length > 0 || undefined,
  });
  await client.create(PODS, {
    metadata: { namespace: NAMESPACE, name: "left", labels: { app: "left" } },
    spec: { containers: [CONTAINER], volumes: [{ name: "scratch", emptyDir: { medium: "Memory" } }] },
  });
  kubectl(["-n", NAMESPACE, "expose", "pod", "left", "--port=80", "--target-port=8888"]);
  await awaitObjects({
    client,
    resource: PODS,
    namespace: NAMESPACE,
    what: "a ready pod",
    timeoutMs,
    until: ([pod]) =>
      pod?.status?.conditions?.some((one) => one.type === "Ready" && one.status === "True") || undefined,
  });
}
