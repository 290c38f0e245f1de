import { dataDirOf } from "../cluster/data-dir.ts";
import { readRunning } from "../cluster/running-file.ts";
import { CliError } from "../cli-error.ts";
import { print, type CommandContext } from "./context.ts";

/** `sandgate kubeconfig`: the path, for `kubectl --kubeconfig $(sandgate kubeconfig)`. */
export function kubeconfig(context: CommandContext, options: { dataDir?: string }): void {
  const dataDir = dataDirOf(options.dataDir, context.env);
  const running = readRunning(dataDir);
  if (running === null) {
    throw new CliError(`No "sandgate up" runs on the data folder ${dataDir}. Start one with "sandgate up".`);
  }
  print(context, running.kubeconfigPath);
}
