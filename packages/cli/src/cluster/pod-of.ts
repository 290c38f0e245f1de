import type { KubeObject, Stored } from "@sandgate/contract";
import { choosePod, normalizeSandbox, PODS, stateOf, viewPod, type KubeClient } from "@sandgate/kube";
import { CliError } from "../cli-error.ts";

/**
 * Name of the pod that the Sandbox owns, by the UID in the pod's owner reference: names and labels can be anybody's.
 *
 * @param object - A Sandbox of any version.
 * @throws CliError where it has none, with the reason.
 */
export async function podOf(client: KubeClient, object: Stored<KubeObject>): Promise<string> {
  const sandbox = normalizeSandbox(object);
  const { namespace, name, uid } = sandbox;
  const { items } = await client.list(PODS, { namespace });
  const owned = items.map(viewPod).filter(({ sandboxUid }) => sandboxUid === uid);
  const pod = choosePod(owned, sandbox);
  if (pod !== undefined) return pod.name;
  const { state, reason, message } = stateOf(sandbox, undefined);
  throw new CliError(
    `Sandbox ${namespace}/${name} has no pod now; it is ${state} (${[reason, message].filter((text) => text !== "").join(": ")}).`,
  );
}
