import { DEFAULT_USER, LABEL_USER, type KubeObject, type Stored } from "@sandgate/contract";
import type { KubeClient, Resource } from "@sandgate/kube";
import { CliError } from "../cli-error.ts";
import { printSandboxName, type SandboxName } from "./sandbox-name.ts";

/**
 * The one Sandbox with that user and name, as the cluster serves it.
 *
 * @param resource - The version to read it in.
 * @param namespace - Absent: every namespace.
 * @throws CliError where there is none, or one in several namespaces and none of them is named.
 */
export async function findSandbox(
  client: KubeClient,
  resource: Resource,
  wanted: SandboxName,
  namespace: string | undefined,
): Promise<Stored<KubeObject>> {
  const { items } = await client.list(resource, {
    namespace,
    fieldSelector: `metadata.name=${wanted.name}`,
  });
  const found = items.filter((item) => userOf(item) === wanted.user);
  const [first, second] = found;
  if (first === undefined) {
    const others = items.map(userOf);
    const hint =
      others.length > 0
        ? ` There is a sandbox of that name for: ${others.join(", ")}.`
        : ' "sandgate list" shows what there is.';
    const where = namespace === undefined ? "" : ` in namespace ${namespace}`;
    throw new CliError(`No sandbox ${printSandboxName(wanted)}${where}.${hint}`);
  }
  if (second !== undefined) {
    const namespaces = found.map((item) => item.metadata.namespace).join(", ");
    throw new CliError(
      `${printSandboxName(wanted)} exists in several namespaces (${namespaces}); add --namespace.`,
    );
  }
  return first;
}

/** The user in a Sandbox's address. */
export function userOf({ metadata }: Pick<KubeObject, "metadata">): string {
  const label = metadata.labels?.[LABEL_USER];
  return label === undefined || label === "" ? DEFAULT_USER : label;
}
