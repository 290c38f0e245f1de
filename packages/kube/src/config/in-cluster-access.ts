import { existsSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import type { ClusterAccess } from "./cluster-access.ts";
import { tokenFile } from "./load-kubeconfig.ts";

const SERVICE_ACCOUNT = "/var/run/secrets/kubernetes.io/serviceaccount";

/** Whether this process runs in a pod with a service account. */
export function isInCluster(env: NodeJS.ProcessEnv, folder: string = SERVICE_ACCOUNT): boolean {
  return env["KUBERNETES_SERVICE_HOST"] !== undefined && existsSync(join(folder, "token"));
}

/** Access by the pod's service account; its token is read again as Kubernetes rotates it. */
export async function inClusterAccess(
  env: NodeJS.ProcessEnv,
  folder: string = SERVICE_ACCOUNT,
): Promise<ClusterAccess> {
  const host = env["KUBERNETES_SERVICE_HOST"] ?? "";
  const port = env["KUBERNETES_SERVICE_PORT"] ?? "443";
  return {
    server: `https://${host.includes(":") ? `[${host}]` : host}:${port}`,
    caPem: await readFile(join(folder, "ca.crt"), "utf8"),
    token: tokenFile(join(folder, "token")),
    namespace: (await readFile(join(folder, "namespace"), "utf8")).trim(),
  };
}
