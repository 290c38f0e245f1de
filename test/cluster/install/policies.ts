/** What the NetworkPolicies of a cluster say of a connection. */
import type { Pod, Stored } from "@sandgate/contract";
import { NAMESPACES, NETWORK_POLICIES, PODS } from "@sandgate/kube";
import { refusingPolicies, type PolicyEnd } from "../../../packages/cli/src/doctor/network-policy.ts";
import type { Cluster } from "../cluster/start-cluster.ts";

/** A pod of ours in a namespace. */
export async function podOf(cluster: Cluster, namespace: string): Promise<Stored<Pod>> {
  const { items } = await cluster.client.list(PODS, { namespace });
  const found = items.find((pod) => pod.metadata.deletionTimestamp === undefined);
  if (found === undefined) throw new Error(`no pod in ${namespace}`);
  return found;
}

/** Policies that refuse a connection from a pod to pods with some labels. */
export async function refusals(
  cluster: Cluster,
  from: Stored<Pod>,
  to: { namespace: string; labels: Record<string, string>; port: number },
): Promise<string[]> {
  const { items } = await cluster.client.list(NETWORK_POLICIES);
  const connection = {
    from: await end(cluster, from.metadata.namespace ?? "", from.metadata.labels ?? {}, from.status?.podIP),
    to: await end(cluster, to.namespace, to.labels, undefined),
    port: to.port,
  };
  return [...refusingPolicies(items, "out", connection), ...refusingPolicies(items, "in", connection)];
}

/** Labels of the pods that a policy selects. */
export async function selectedLabels(
  cluster: Cluster,
  namespace: string,
  name: string,
): Promise<Record<string, string>> {
  const policy = await cluster.client.get(NETWORK_POLICIES, { namespace, name });
  const { podSelector } = policy.spec as { podSelector: { matchLabels: Record<string, string> } };
  return podSelector.matchLabels;
}

async function end(
  cluster: Cluster,
  namespace: string,
  labels: Readonly<Record<string, string>>,
  ip: string | undefined,
): Promise<PolicyEnd> {
  const { metadata } = await cluster.client.get(NAMESPACES, { name: namespace });
  return { namespace, namespaceLabels: metadata.labels ?? {}, labels, ips: ip === undefined ? [] : [ip] };
}
