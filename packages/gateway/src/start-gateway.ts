import { once } from "node:events";
import { checkSafety } from "./check-safety.ts";
import type { DialMode } from "./dial/dial-mode.ts";
import { listen, urlOf } from "./listen.ts";
import { createMetricsServer } from "./metrics/metrics-server.ts";
import { openServing, type ServingOptions } from "./open-serving.ts";

export interface Gateway {
  /** Base URL without a trailing slash. */
  readonly url: string;
  /** Of the listener that speaks upstream's router protocol, null without one. */
  readonly routerUrl: string | null;
  /** Of the metrics listener, null without one. */
  readonly metricsUrl: string | null;
  /** How sandboxes are reached. */
  readonly dialMode: DialMode;
  /** Takes no more connections and resolves when requests under way are done, or cut after the drain time. Idempotent. */
  close(): Promise<void>;
}

export type GatewayOptions = Omit<ServingOptions, "shared">;

/**
 * Starts a gateway: its listener, where configured the router's and that of metrics.
 *
 * @throws Error with the remedy where the configuration is unsafe or an address cannot be listened on.
 */
export async function startGateway(options: GatewayOptions): Promise<Gateway> {
  const { config } = options;
  checkSafety(config);
  const serving = await openServing(options);
  const metricsServer = createMetricsServer(() => serving.snapshot());
  let closing: Promise<void> | null = null;
  async function close(): Promise<void> {
    await serving.close();
    if (metricsServer.listening) {
      metricsServer.close().closeAllConnections();
      await once(metricsServer, "close");
    }
  }
  try {
    const { host, port, routerPort, metricsPort } = config;
    const urls = await serving.listen(
      { host, port, flag: "--port" },
      routerPort === undefined
        ? null
        : { host: config.routerHost ?? host, port: routerPort, flag: "--router-port" },
    );
    let metricsUrl: string | null = null;
    if (metricsPort !== undefined) {
      const at = await listen(metricsServer, { host, port: metricsPort, flag: "--metrics-port" });
      metricsUrl = urlOf(at, "http");
    }
    return { ...urls, metricsUrl, dialMode: serving.dialMode, close: () => (closing ??= close()) };
  } catch (error) {
    await close();
    throw error;
  }
}
