import type { GatewayConfig, Logger } from "@sandgate/contract";
import {
  createRouteTable,
  limitBoundsOf,
  startGateway,
  type Gateway,
  type OpenTunnel,
} from "@sandgate/gateway";
import { createKubeClient, createPortForwardPool, watchSandboxes, type ClusterAccess } from "@sandgate/kube";
import { giveMemoryBack } from "./give-memory-back.ts";

export interface RunningGateway {
  gateway: Gateway;
  /** Resolves when the sandboxes that exist are known. */
  synced: Promise<void>;
  /** Drains and ends. */
  close(): Promise<void>;
}

/** Wires a gateway to a cluster: routes are fed by the watch. */
export async function runGateway(options: {
  access: ClusterAccess;
  config: GatewayConfig;
  logger: Logger;
  /** In the cluster, where pods' IPs are theirs. Elsewhere one may be reached that is somebody else's. */
  near: boolean;
}): Promise<RunningGateway> {
  const { config, logger } = options;
  const client = createKubeClient(options.access, { userAgent: "sandgate-gateway" });
  const routes = createRouteTable({
    userLabel: config.userLabel,
    userNamespaces: config.userNamespaces,
    limits: limitBoundsOf(config),
    logger,
  });
  const watch = watchSandboxes({
    client,
    namespace: config.watchNamespace,
    onChange: (uid, entry) => routes.put(uid, entry),
    logger,
  });
  watch.synced.then(
    () => giveMemoryBack(routes.size),
    () => {},
  );
  const tunnels = options.near && config.dial !== "port-forward" ? null : createPortForwardPool(client);
  const openTunnel: OpenTunnel | undefined =
    tunnels === null
      ? undefined
      : ({ namespace, pod, podUid, port }) =>
          tunnels.dial({ namespace, name: pod, uid: podUid }, port).catch((error: Error) => {
            logger.warn("a pod cannot be reached by port-forward", { namespace, pod, error: error.message });
            throw error;
          });
  try {
    const source = {
      routes,
      get health() {
        return watch.health;
      },
    };
    const gateway = await startGateway({ config, source, openTunnel, logger });
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
