import { createKubeClient, type KubeClient } from "@sandgate/kube";
import { chooseCluster, type ChosenCluster } from "../cluster/choose-cluster.ts";
import { dataDirOf } from "../cluster/data-dir.ts";
import type { ClusterFlags } from "../doctor/cluster-flags.ts";
import type { CommandContext } from "./context.ts";

/** Flags of every command that talks to a cluster. */
export interface ClusterOptions {
  kubeconfig?: string;
  context?: string;
  dataDir?: string;
  namespace?: string;
}

export interface ClusterSession {
  client: KubeClient;
  chosen: ChosenCluster;
  /** `--namespace`, else the context's. */
  namespace: string;
  /** How a command that is told to somebody touches this cluster. */
  flags: ClusterFlags;
}

/** Runs a command's work with a client for the cluster that its flags and the environment choose. */
export async function withCluster<T>(
  context: CommandContext,
  options: ClusterOptions,
  work: (session: ClusterSession) => Promise<T>,
): Promise<T> {
  const chosen = await chooseCluster(
    {
      kubeconfig: options.kubeconfig,
      context: options.context,
      dataDir: dataDirOf(options.dataDir, context.env),
    },
    context.env,
  );
  const client = createKubeClient(chosen.access);
  try {
    return await work({
      client,
      chosen,
      namespace: options.namespace ?? chosen.access.namespace ?? "default",
      flags: {
        kubeconfig:
          chosen.running?.kubeconfigPath ??
          options.kubeconfig ??
          (context.env["SANDGATE_KUBECONFIG"] || null),
        context: options.context ?? null,
        dataDir: chosen.running === null ? null : (options.dataDir ?? null),
      },
    });
  } finally {
    await client.close();
  }
}
