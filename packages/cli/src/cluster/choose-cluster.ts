import { loadKubeconfig, type ClusterAccess } from "@sandgate/kube";
import { CliError } from "../cli-error.ts";
import { readRunning, type Running } from "./running-file.ts";

export interface ClusterFlags {
  kubeconfig?: string | undefined;
  context?: string | undefined;
  dataDir: string;
}

export interface ChosenCluster {
  access: ClusterAccess;
  /** The `sandgate up` that serves it, null for any other cluster. */
  running: Running | null;
  /** Where the choice came from, for messages: `--kubeconfig`, `SANDGATE_KUBECONFIG`, … */
  origin: string;
}

/**
 * Which cluster a command touches: `--kubeconfig` and `--context`, else `SANDGATE_KUBECONFIG`, else the running
 * `sandgate up` of the data folder. An ambient `KUBECONFIG` counts only together with `--context`, so that nobody
 * deletes in production because of a variable set last week.
 *
 * @throws CliError where none is named and none runs.
 */
export async function chooseCluster(flags: ClusterFlags, env: NodeJS.ProcessEnv): Promise<ChosenCluster> {
  const own = env["SANDGATE_KUBECONFIG"];
  if (flags.kubeconfig !== undefined) return open(flags.kubeconfig, flags.context, "--kubeconfig", env);
  if (own !== undefined && own !== "") return open(own, flags.context, "SANDGATE_KUBECONFIG", env);
  if (flags.context !== undefined) return open(undefined, flags.context, "--context", env);
  const running = readRunning(flags.dataDir);
  if (running !== null) {
    const chosen = await open(running.kubeconfigPath, undefined, "the running sandgate up", env);
    return { ...chosen, running };
  }
  throw new CliError(
    `No cluster: no "sandgate up" runs on the data folder ${flags.dataDir}. Start one with "sandgate up", or name ` +
      "a cluster with --kubeconfig FILE, --context NAME or SANDGATE_KUBECONFIG (KUBECONFIG alone is not used).",
  );
}

async function open(
  path: string | undefined,
  context: string | undefined,
  origin: string,
  env: NodeJS.ProcessEnv,
): Promise<ChosenCluster> {
  const access = await loadKubeconfig({
    env,
    ...(path === undefined ? {} : { path }),
    ...(context === undefined ? {} : { context }),
  });
  return { access, running: null, origin };
}
