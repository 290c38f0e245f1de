/** Somebody who may only what a role says, as a kubeconfig with a service account's token. */
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { SERVICE_ACCOUNTS } from "@sandgate/kube";
import { stringify } from "yaml";
import type { Cluster } from "../cluster/start-cluster.ts";

export interface Rule {
  apiGroups: string[];
  resources: string[];
  verbs: string[];
}

/** @returns Path of the kubeconfig. */
export async function restrictedAccess(
  cluster: Cluster,
  name: string,
  rules: readonly Rule[],
): Promise<string> {
  const subject = { kind: "ServiceAccount", namespace: "default", name };
  await cluster.client.create(SERVICE_ACCOUNTS, { metadata: { namespace: "default", name } });
  const group = "rbac.authorization.k8s.io";
  const objects = [
    { apiVersion: `${group}/v1`, kind: "ClusterRole", metadata: { name }, rules },
    {
      apiVersion: `${group}/v1`,
      kind: "ClusterRoleBinding",
      metadata: { name },
      roleRef: { apiGroup: group, kind: "ClusterRole", name },
      subjects: [subject],
    },
  ];
  cluster.kubectl(["apply", "-f", "-"], objects.map((one) => stringify(one)).join("---\n"));
  const token = cluster.kubectl(["-n", "default", "create", "token", name]).trim();
  return writeAccess(cluster, name, token);
}

/** @returns Path of a kubeconfig with that token, whether a server knows it or not. */
export function writeAccess(
  cluster: Cluster,
  name: string,
  token: string,
  server: string = cluster.server,
): string {
  const path = join(cluster.facts.folder, `${name}.kubeconfig`);
  const config = {
    apiVersion: "v1",
    kind: "Config",
    "current-context": "test",
    contexts: [{ name: "test", context: { cluster: "test", user: "test" } }],
    clusters: [
      {
        name: "test",
        cluster: { server, "certificate-authority": cluster.facts.pki.path("ca.crt") },
      },
    ],
    users: [{ name: "test", user: { token } }],
  };
  writeFileSync(path, stringify(config), { mode: 0o600 });
  return path;
}
