import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { getCompileCacheDir } from "node:module";
import { dirname } from "node:path";
import type { GatewayConfig, Logger } from "@sandgate/contract";
import { checkSafety } from "../check-safety.ts";
import { dialModeOf } from "../dial/dial-mode-of.ts";
import { listen, urlOf, type ListenAt } from "../listen.ts";
import { createMetricsServer } from "../metrics/metrics-server.ts";
import type { Gateway } from "../start-gateway.ts";
import { claimPort, type ClaimedPort } from "./claim-port.ts";
import type { RouteFeed } from "./route-feed.ts";
import { createSharedLimitMemory, openSharedLimits } from "./shared-limits.ts";
import { createWorkerCrew } from "./worker-crew.ts";
import { openWorkerThread } from "./worker-thread.ts";

export interface WorkersOptions {
  config: GatewayConfig;
  /** How many, as `workerCount` has it; at least 2. */
  count: number;
  /** Follows the cluster. Closed with the gateway. */
  feed: RouteFeed;
  /** The file that a worker begins with, which calls `runWorker`. */
  entry: URL;
  /** Plain data for that file. */
  own?: unknown;
  logger: Logger;
  /** Takes whole lines of the workers' logs. */
  write: (lines: string) => void;
}

/** As Node.js has them: a name, a key of a hash, a key of a cipher. */
const TICKET_KEY_BYTES = 48;

/**
 * Starts a gateway that several threads serve. This one follows the cluster and serves nothing but metrics.
 *
 * @throws Error with the remedy where the configuration is unsafe or an address cannot be listened on.
 */
export async function startWorkers(options: WorkersOptions): Promise<Gateway> {
  const { config, count, feed } = options;
  checkSafety(config);
  const limits = createSharedLimitMemory(count);
  const counters = Object.values(openSharedLimits(limits, 0));
  const ticketKeys = randomBytes(TICKET_KEY_BYTES);
  const compileCache = compileCacheFolder();
  const crew = createWorkerCrew({
    count,
    logger: options.logger,
    open: (index) => {
      const setup = { index, config, limits, ticketKeys, compileCache, own: options.own };
      return openWorkerThread({ entry: options.entry, setup, feed, write: options.write });
    },
    lost: (index) => {
      for (const one of counters) one.forget(index);
    },
  });
  const metricsServer = createMetricsServer(() => crew.snapshot());
  const claims: ClaimedPort[] = [];
  let closing: Promise<void> | null = null;
  async function close(): Promise<void> {
    await crew.close();
    for (const claim of claims) claim.release();
    if (metricsServer.listening) {
      metricsServer.close().closeAllConnections();
      await once(metricsServer, "close");
    }
    feed.close();
  }
  async function claim(at: ListenAt): Promise<ListenAt> {
    const claimed = await claimPort(at);
    claims.push(claimed);
    const { address: host, port } = claimed.address;
    return { host, port, flag: at.flag, shared: true };
  }
  try {
    const { host, port, routerPort, metricsPort } = config;
    await crew.prepared;
    const gateway = await claim({ host, port, flag: "--port" });
    const router =
      routerPort === undefined
        ? null
        : await claim({ host: config.routerHost ?? host, port: routerPort, flag: "--router-port" });
    for (const one of claims) await one.handOver();
    const urls = await crew.listen(gateway, router);
    let metricsUrl: string | null = null;
    if (metricsPort !== undefined)
      metricsUrl = urlOf(
        await listen(metricsServer, { host, port: metricsPort, flag: "--metrics-port" }),
        "http",
      );
    const dialMode = dialModeOf(config.dial, false);
    const { url, routerUrl } = urls;
    return { url, routerUrl, metricsUrl, dialMode, close: () => (closing ??= close()) };
  } catch (error) {
    await close();
    throw error;
  }
}

/** A thread does not inherit the process's compile cache, which halves its start. */
function compileCacheFolder(): string | undefined {
  const folder = getCompileCacheDir();
  return folder === undefined ? undefined : dirname(folder);
}
