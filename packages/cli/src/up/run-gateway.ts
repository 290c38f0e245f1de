import type { GatewayConfig, Logger } from "@sandgate/contract";
import {
  createConfiguredRoutes,
  createRouteFeed,
  startGateway,
  startWorkers,
  workerCount,
  type Gateway,
  type OpenTunnel,
  type RouteFeed,
} from "@sandgate/gateway";
import { createKubeClient, createPortForwardPool, watchSandboxes, type ClusterAccess } from "@sandgate/kube";
import type { LineOutput } from "../output/batch-lines.ts";
import { giveMemoryBack } from "./give-memory-back.ts";
import type { LogForm } from "./log-form.ts";

export interface RunningGateway {
  gateway: Gateway;
  /** Resolves when the sandboxes that exist are known. */
  synced: Promise<void>;
  /** Drains and ends. */
  close(): Promise<void>;
}

const SILENT: LogForm = { level: "error", json: true };

/** Wires a gateway to a cluster: routes are fed by the watch. */
export async function runGateway(options: {
  access: ClusterAccess;
  config: GatewayConfig;
  logger: Logger;
  /** In the cluster, where pods' IPs are theirs. Elsewhere one may be reached that is somebody else's. */
  near: boolean;
  /** Where threads that serve write their log, and how. Absent: nowhere. */
  log?: { readonly output: LineOutput; readonly form: LogForm };
}): Promise<RunningGateway> {
  const { config, logger } = options;
  const far = !options.near || config.dial === "port-forward";
  const workers = await workerCount(config, far, logger);
  const client = createKubeClient(options.access, { userAgent: "sandgate-gateway" });
  const routes = createConfiguredRoutes(config, logger);
  const feed: RouteFeed | null = workers === 1 ? null : createRouteFeed(routes, () => watch.health);
  const watch = watchSandboxes({
    client,
    namespace: config.watchNamespace,
    onChange: (uid, entry) => (feed ?? routes).put(uid, entry),
    onHealth: () => feed?.healthChanged(),
    logger,
  });
  watch.synced.then(
    () => giveMemoryBack(routes.size),
    () => {},
  );
  const tunnels = far ? createPortForwardPool(client) : null;
  const openTunnel: OpenTunnel | undefined =
    tunnels === null
      ? undefined
      : ({ namespace, pod, podUid, port }) =>
          tunnels.dial({ namespace, name: pod, uid: podUid }, port).catch((error: Error) => {
            logger.warn("a pod cannot be reached by port-forward", { namespace, pod, error: error.message });
            throw error;
          });
  const source = {
    routes,
    get health() {
      return watch.health;
    },
  };
  try {
    const gateway =
      feed === null
        ? await startGateway({ config, source, openTunnel, logger })
        : await startWorkers({
            config,
            count: workers,
            feed,
            entry: new URL("gateway-worker.mjs", import.meta.url),
            own: options.log?.form ?? SILENT,
            logger,
            write: (lines) => options.log?.output.write(lines),
          });
    return {
      gateway,
      synced: watch.synced,
      async close() {
        await gateway.close();
        tunnels?.close();
        await watch.close();
        await client.close();
      },
    };
  } catch (error) {
    await watch.close();
    await client.close();
    throw error;
  }
}
