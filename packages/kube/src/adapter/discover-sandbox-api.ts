import { errorFromBody, isNotFound } from "../client/errors.ts";
import type { KubeClient } from "../client/kube-client.ts";
import type { Resource } from "../client/resource.ts";
import { SANDBOXES, SANDBOXES_V1ALPHA1 } from "../client/resources.ts";

const GROUP = "agents.x-k8s.io";

/**
 * In which version the cluster serves Sandboxes: v1beta1 where it does (agent-sandbox v0.5.0 and later), else v1alpha1.
 *
 * @returns null where agent-sandbox is not installed.
 * @throws KubeError, KubeUnreachableError where the cluster can't be asked.
 */
export async function discoverSandboxApi(client: KubeClient, signal?: AbortSignal): Promise<Resource | null> {
  const response = await client.request(`/apis/${GROUP}`, { signal });
  const body = await response.body.text();
  if (response.status >= 400) {
    const error = errorFromBody(response.status, body);
    if (isNotFound(error)) return null;
    throw error;
  }
  const { versions = [] } = JSON.parse(body) as { versions?: { version: string }[] };
  const served = new Set(versions.map(({ version }) => version));
  if (served.has(SANDBOXES.version)) return SANDBOXES;
  return served.has(SANDBOXES_V1ALPHA1.version) ? SANDBOXES_V1ALPHA1 : null;
}
