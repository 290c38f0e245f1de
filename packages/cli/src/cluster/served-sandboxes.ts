import { sandboxResource, SANDBOXES, servedVersions, type KubeClient, type Resource } from "@sandgate/kube";
import { CliError } from "../cli-error.ts";
import type { ClusterFlags } from "../doctor/cluster-flags.ts";
import { finding } from "../doctor/finding.ts";
import { tellFinding } from "../doctor/tell-finding.ts";

/** In which versions a cluster has Sandboxes. */
export interface ServedSandboxes {
  /** What the API server serves, one this command does not know perhaps among them. */
  versions: readonly string[];
  /** The one that commands read and write. */
  resource: Resource;
}

/**
 * Asks the cluster in which versions it serves Sandboxes: v1alpha1 alone up to agent-sandbox v0.4.6, v1beta1 from v0.5.0 on.
 *
 * @throws CliError with the remedy where it serves none, or none that is known here.
 * @throws KubeError, KubeUnreachableError where it can't be asked.
 */
export async function servedSandboxes(client: KubeClient, flags: ClusterFlags): Promise<ServedSandboxes> {
  const versions = [...(await servedVersions(client, SANDBOXES.group))];
  const resource = sandboxResource(versions);
  if (resource !== null) return { versions, resource };
  const { group } = SANDBOXES;
  const cause =
    versions.length === 0
      ? finding("CRDS_MISSING", "", `the cluster serves no ${group}`, {})
      : finding("RELEASE_UNKNOWN", "", `it serves ${versions.join(", ")} of ${group}`, {});
  throw new CliError(tellFinding(cause, flags));
}
