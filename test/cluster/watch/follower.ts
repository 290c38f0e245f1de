/** A gateway that follows a cluster, and a witness of everything that it is told. */
import { GATEWAY_KEYS, loadConfig } from "@sandgate/contract";
import { createRouteTable, startGateway, type Gateway, type RouteTable } from "@sandgate/gateway";
import { createKubeClient, watchSandboxes, type ClusterAccess, type SandboxWatch } from "@sandgate/kube";

export interface Follower {
  readonly url: string;
  readonly routes: RouteTable;
  readonly watch: SandboxWatch;
  /** What was told that must never be, in words. */
  readonly wrong: readonly string[];
  /** What it logged. */
  readonly logged: readonly string[];
  /**
   * Resolves as soon as what is asked holds; looked at after every change of a route and of the health.
   *
   * @throws Error that names it when the time is over.
   */
  until(what: string, holds: () => boolean, timeoutMs?: number): Promise<void>;
  /** Status of one request through the gateway. */
  ask(path: string): Promise<number>;
  health(): Promise<Record<string, unknown>>;
  [Symbol.asyncDispose](): Promise<void>;
}

export interface FollowOptions {
  access: ClusterAccess;
  silenceMs?: number;
  /** Whether the test has asked for this sandbox to be deleted; another one that goes is lost. */
  isDeleted?: (uid: string) => boolean;
}

export async function follow(options: FollowOptions): Promise<Follower> {
  const client = createKubeClient(options.access, { userAgent: "sandgate-gateway" });
  const routes = createRouteTable({ userLabel: "user", userNamespaces: undefined });
  const logged: string[] = [];
  const log = (message: string, facts?: object): void =>
    void logged.push(`${message} ${JSON.stringify(facts ?? {})}`);
  const logger = { debug: log, info: log, warn: log, error: log };
  const waiting = new Set<() => void>();
  const look = (): void => {
    for (const one of waiting) one();
  };
  const told = new Map<string, string>();
  const gone = new Set<string>();
  const wrong: string[] = [];
  const watch = watchSandboxes({
    client,
    logger,
    ...(options.silenceMs === undefined ? {} : { silenceMs: options.silenceMs }),
    onHealth: look,
    onChange(uid, entry) {
      routes.put(uid, entry);
      const known = told.get(uid);
      if (entry === undefined) {
        if (known === undefined) wrong.push(`${uid} is gone without having been there`);
        if (options.isDeleted?.(uid) !== true) wrong.push(`${uid} is lost`);
        told.delete(uid);
        gone.add(uid);
      } else {
        const { resourceVersion } = entry.sandbox;
        if (gone.has(uid)) wrong.push(`${uid} is revived`);
        if (known !== undefined && BigInt(resourceVersion) < BigInt(known))
          wrong.push(`${uid} went back from ${known} to ${resourceVersion}`);
        told.set(uid, resourceVersion);
      }
      look();
    },
  });
  const config = loadConfig(GATEWAY_KEYS, { flags: { port: 0 } }).values;
  const source = {
    routes,
    get health() {
      return watch.health;
    },
  };
  let gateway: Gateway;
  try {
    gateway = await startGateway({ config, source });
  } catch (error) {
    await watch.close();
    await client.close();
    throw error;
  }

  return {
    url: gateway.url,
    routes,
    watch,
    wrong,
    logged,
    until(what, holds, timeoutMs = 30_000) {
      const held = Promise.withResolvers<void>();
      const one = (): void => {
        if (holds()) held.resolve();
      };
      const timer = setTimeout(
        () =>
          held.reject(
            new Error(`after ${timeoutMs} ms it does not hold: ${what}; ${JSON.stringify(watch.health)}`),
          ),
        timeoutMs,
      );
      waiting.add(one);
      one();
      return held.promise.finally(() => {
        clearTimeout(timer);
        waiting.delete(one);
      });
    },
    ask: async (path) => (await fetch(`${gateway.url}${path}`)).status,
    health: async () => (await (await fetch(`${gateway.url}/health`)).json()) as Record<string, unknown>,
    async [Symbol.asyncDispose]() {
      await gateway.close();
      await watch.close();
      await client.close();
    },
  };
}
