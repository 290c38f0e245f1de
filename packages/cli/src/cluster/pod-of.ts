import { controllerOf, type Sandbox, type Stored } from "@sandgate/contract";
import { PODS, type KubeClient } from "@sandgate/kube";
import { CliError } from "../cli-error.ts";
import { readyCondition } from "./wait-for-ready.ts";

/**
 * Name of the pod that the Sandbox owns, by the UID in the pod's owner reference: names and labels can be anybody's.
 *
 * @throws CliError where it has none, with what its Ready condition says.
 */
export async function podOf(client: KubeClient, sandbox: Stored<Sandbox>): Promise<string> {
  const { namespace, uid, name } = sandbox.metadata;
  const { items } = await client.list(PODS, { namespace });
  const owned = items.filter((pod) => controllerOf(pod)?.uid === uid);
  const pod = owned.find((one) => one.metadata.deletionTimestamp === undefined) ?? owned[0];
  if (pod !== undefined) return pod.metadata.name;
  const ready = readyCondition(sandbox);
  const why = ready === undefined ? "" : ` (${ready.reason}: ${ready.message})`;
  throw new CliError(`Sandbox ${namespace}/${name} has no pod now${why}.`);
}
