import { DIAL_MODE_TEXT } from "@sandgate/gateway";
import { isInCluster, inClusterAccess, loadKubeconfig, type ClusterAccess } from "@sandgate/kube";
import { CliError } from "../cli-error.ts";
import { readGatewayConfig } from "../config-flags.ts";
import { createConsoleLogger, logLevelOf } from "../output/console-logger.ts";
import { aborted } from "../up/aborted.ts";
import { createCleanup } from "../up/cleanup.ts";
import type { LogForm } from "../up/log-form.ts";
import { runGateway } from "../up/run-gateway.ts";
import { watchForUnexpectedErrors } from "../up/unexpected.ts";
import { say, type CommandContext } from "./context.ts";

/** `sandgate gateway`: the gateway alone, until a signal. */
export async function gateway(
  context: CommandContext,
  options: Readonly<Record<string, unknown>>,
): Promise<void> {
  const config = await readGatewayConfig(options, context.env);
  const access = await accessOf(options, context.env);
  const form: LogForm = {
    level: logLevelOf(context.env["SANDGATE_LOG_LEVEL"]),
    json: context.stderr.isTTY !== true,
  };
  const logger = createConsoleLogger(context.stderr, form.level, form.json);
  const unexpected = watchForUnexpectedErrors(logger);
  const cleanup = createCleanup();
  try {
    const near = isInCluster(context.env);
    const log = { output: context.stderr, form };
    const running = await runGateway({ access, config, logger, near, log });
    cleanup.add(() => running.close());
    say(context, `Sandgate gateway listens on ${running.gateway.url} for the cluster at ${access.server}`);
    if (running.gateway.routerUrl !== null) say(context, `Router: ${running.gateway.routerUrl}`);
    say(context, `Sandboxes are reached ${DIAL_MODE_TEXT[running.gateway.dialMode]}.`);
    await Promise.race([aborted(context.signal), unexpected.failed]);
  } finally {
    await cleanup.run();
    unexpected.close();
  }
}

/** Named by flag, else `SANDGATE_KUBECONFIG`, else the pod's service account. An ambient KUBECONFIG needs --context. */
async function accessOf(
  options: Readonly<Record<string, unknown>>,
  env: NodeJS.ProcessEnv,
): Promise<ClusterAccess> {
  const context = options["context"] as string | undefined;
  const path = (options["kubeconfig"] as string | undefined) ?? (env["SANDGATE_KUBECONFIG"] || undefined);
  if (path !== undefined || context !== undefined) {
    return loadKubeconfig({
      env,
      ...(path === undefined ? {} : { path }),
      ...(context === undefined ? {} : { context }),
    });
  }
  if (isInCluster(env)) return inClusterAccess(env);
  throw new CliError(
    "Which cluster? Name it with --kubeconfig FILE or --context NAME. (In a pod the service account is used; for a cluster of its own: sandgate up.)",
    { exitCode: 2 },
  );
}
