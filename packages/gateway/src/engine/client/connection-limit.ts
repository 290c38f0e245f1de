import type { Logger } from "@sandgate/contract";
import { clientNetwork } from "./client-network.ts";

/** How many connections clients have open, and whether there may be one more. */
export interface ConnectionLimit {
  /** @returns false where there may not, and then nothing is counted. */
  enter(address: string): boolean;
  /** Exactly once for each that entered. */
  leave(address: string): void;
}

/** Sums by key. */
export interface Counters {
  /** @returns false, and counts nothing, where there are `most` already. */
  enter(key: string, most: number): boolean;
  leave(key: string): void;
}

export interface ConnectionLimitOptions {
  /** Of all clients together. */
  readonly most: number;
  readonly mostPerClient: number;
  /** Whose connections are those of many clients. They count only with all together. */
  readonly trusts: (address: string) => boolean;
  readonly logger: Logger;
  /** Of all threads, where several serve. */
  readonly counters?: Counters | undefined;
}

/** No network is written like this. */
const ALL = "all";
/** Whoever is refused comes again and again, and the log must not grow by it. */
const QUIET_MS = 10_000;

/** What is refused was not read, so it is no request yet. */
export function createConnectionLimit(options: ConnectionLimitOptions): ConnectionLimit {
  const { most, mostPerClient, trusts, logger, counters = countHere() } = options;
  let quietUntilMs = 0;
  let refused = 0;

  function refuse(client: string, limit: string): false {
    refused++;
    const nowMs = performance.now();
    if (nowMs < quietUntilMs) return false;
    logger.warn("connections are refused, there are too many", { client, limit, refused });
    quietUntilMs = nowMs + QUIET_MS;
    refused = 0;
    return false;
  }

  return {
    enter(address) {
      const client = clientNetwork(address);
      const counted = !trusts(address);
      if (counted && !counters.enter(client, mostPerClient)) return refuse(client, "maxConnectionsPerClient");
      if (counters.enter(ALL, most)) return true;
      if (counted) counters.leave(client);
      return refuse(client, "maxConnections");
    },
    leave(address) {
      counters.leave(ALL);
      if (!trusts(address)) counters.leave(clientNetwork(address));
    },
  };
}

function countHere(): Counters {
  const counts = new Map<string, number>();
  return {
    enter(key, most) {
      const count = counts.get(key) ?? 0;
      if (count >= most) return false;
      counts.set(key, count + 1);
      return true;
    },
    leave(key) {
      const count = counts.get(key) ?? 0;
      if (count > 1) counts.set(key, count - 1);
      else counts.delete(key);
    },
  };
}
