import { DEFAULT_USER, LABEL_USER, type Sandbox, type Stored } from "@sandgate/contract";
import { SANDBOXES, type KubeClient } from "@sandgate/kube";
import { CliError } from "../cli-error.ts";
import { printSandboxName, type SandboxName } from "./sandbox-name.ts";

export interface FindOptions {
  /** Absent: every namespace. */
  namespace?: string | undefined;
  /** Label that names a sandbox's user. */
  userLabel?: string | undefined;
}

/**
 * The one Sandbox with that user and name.
 *
 * @throws CliError where there is none, or one in several namespaces and none of them is named.
 */
export async function findSandbox(
  client: KubeClient,
  wanted: SandboxName,
  options: FindOptions,
): Promise<Stored<Sandbox>> {
  const { items } = await client.list(SANDBOXES, {
    namespace: options.namespace,
    fieldSelector: `metadata.name=${wanted.name}`,
  });
  const found = items.filter((item) => userOf(item, options.userLabel) === wanted.user);
  const [first, second] = found;
  if (first === undefined) {
    const others = items.map((item) => userOf(item, options.userLabel));
    const hint =
      others.length > 0
        ? ` There is a sandbox of that name for: ${others.join(", ")}.`
        : ' "sandgate list" shows what there is.';
    throw new CliError(`No sandbox ${printSandboxName(wanted)}${where(options.namespace)}.${hint}`);
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
export function userOf(sandbox: Sandbox, userLabel: string = LABEL_USER): string {
  return sandbox.metadata.labels?.[userLabel] ?? DEFAULT_USER;
}

function where(namespace: string | undefined): string {
  return namespace === undefined ? "" : ` in namespace ${namespace}`;
}
