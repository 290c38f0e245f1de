import { errorFromBody, isNotFound } from "../client/errors.ts";
import type { KubeClient } from "../client/kube-client.ts";
import type { Resource } from "../client/resource.ts";
import { SANDBOX_CLAIMS, SANDBOXES, SANDBOXES_V1ALPHA1 } from "../client/resources.ts";

/** What a cluster serves of agent-sandbox. */
export interface SandboxApi {
  /** How Sandboxes are read: as v1beta1 where it is served (v0.5.0 and later), else as v1alpha1; null where neither is. */
  sandboxes: Resource | null;
  /** Whether it serves templates, claims and warm pools, which are installed apart. */
  extensions: boolean;
}

/**
 * Asks the cluster what it serves of agent-sandbox.
 *
 * @throws KubeError, KubeUnreachableError where the cluster can't be asked.
 */
export async function discoverSandboxApi(client: KubeClient, signal?: AbortSignal): Promise<SandboxApi> {
  const [core, extensions] = await Promise.all([
    servedVersions(client, SANDBOXES.group, signal),
    servedVersions(client, SANDBOX_CLAIMS.group, signal),
  ]);
  return { sandboxes: sandboxResource([...core]), extensions: extensions.size > 0 };
}

/** In which of the served versions Sandboxes are read and written; null where none that is known is among them. */
export function sandboxResource(served: readonly string[]): Resource | null {
  return [SANDBOXES, SANDBOXES_V1ALPHA1].find(({ version }) => served.includes(version)) ?? null;
}

/**
 * The versions that a cluster serves of an API group; none where it does not know the group.
 *
 * @throws KubeError, KubeUnreachableError where the cluster cannot be asked.
 */
export async function servedVersions(
  client: KubeClient,
  group: string,
  signal?: AbortSignal,
): Promise<Set<string>> {
  const response = await client.request(`/apis/${group}`, { signal });
  const body = await response.body.text();
  if (response.status >= 400) {
    const error = errorFromBody(response.status, body);
    if (isNotFound(error)) return new Set();
    throw error;
  }
  const { versions = [] } = JSON.parse(body) as { versions?: { version: string }[] };
  return new Set(versions.map(({ version }) => version));
}

/**
 * Whether the API server itself says that it has no such group. A router's 404 in its place, or that of an API server that
 * is still starting, is no such word.
 *
 * @throws KubeUnreachableError where it does not answer.
 */
export async function lacksSandboxApi(client: KubeClient, signal?: AbortSignal): Promise<boolean> {
  const response = await client.request("/apis", { signal });
  const body = await response.body.text();
  if (response.status !== 200) return false;
  const { kind, groups = [] } = parseGroups(body);
  return kind === "APIGroupList" && !groups.some(({ name }) => name === SANDBOXES.group);
}

function parseGroups(body: string): { kind?: string; groups?: { name: string }[] } {
  try {
    return JSON.parse(body) as ReturnType<typeof parseGroups>;
  } catch {
    return {};
  }
}
