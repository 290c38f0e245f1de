import type { Condition, KubeObject, Stored } from "@sandgate/contract";
import {
  isKubeError,
  SANDBOX_CLAIMS,
  sandboxResource,
  SANDBOXES_V1ALPHA1,
  type Resource,
} from "@sandgate/kube";
import type { ClaimFact, Elsewhere, Facts } from "../facts.ts";
import type { Reading } from "./reading.ts";

/** Where nobody is found by a name: claims of that name, and sandboxes in namespaces that are not looked at. */
export async function readElsewhere(
  reading: Reading,
  { sandboxes, sandboxVersions, extensionVersions }: Facts,
  { namespace, name }: { namespace: string | undefined; name: string },
): Promise<Elsewhere> {
  if (sandboxes?.length !== 0) return { claims: [], namespaces: [] };
  const fieldSelector = `metadata.name=${name}`;
  const claims = await reading.list(claimResource(extensionVersions), { namespace, fieldSelector }, seeClaim);
  return {
    claims: claims ?? [],
    namespaces:
      namespace === undefined ? [] : await others(reading, sandboxResource(sandboxVersions ?? []), name),
  };
}

/** Whoever may read one namespace only is not told more, and need not be told that. */
async function others(
  { client, signal }: Reading,
  resource: Resource | null,
  name: string,
): Promise<string[]> {
  if (resource === null) return [];
  try {
    const { items } = await client.list(resource, { fieldSelector: `metadata.name=${name}`, signal });
    return items.map(({ metadata }) => metadata.namespace ?? "default");
  } catch (error) {
    if (isKubeError(error)) return [];
    throw error;
  }
}

function claimResource(served: Facts["extensionVersions"]): Resource {
  const old = served?.includes(SANDBOX_CLAIMS.version) === false;
  return old ? { ...SANDBOX_CLAIMS, version: SANDBOXES_V1ALPHA1.version } : SANDBOX_CLAIMS;
}

function seeClaim(object: Stored<KubeObject>): ClaimFact {
  const { metadata, status } = object as Stored<KubeObject> & {
    // With a capital letter up to v0.2.1.
    status?: { conditions?: Condition[]; sandbox?: { name?: string; Name?: string } };
  };
  const ready = status?.conditions?.find(({ type }) => type === "Ready");
  return {
    namespace: metadata.namespace ?? "default",
    name: metadata.name,
    sandbox: status?.sandbox?.name ?? status?.sandbox?.Name ?? null,
    why: ready === undefined ? "it has no status yet" : `${ready.reason}: ${ready.message}`,
  };
}
