/** A gateway of several threads in front of a server of the test's own. */
import { once } from "node:events";
import {
  Agent,
  createServer,
  request,
  type IncomingHttpHeaders,
  type IncomingMessage,
  type RequestListener,
  type Server,
} from "node:http";
import { enableCompileCache } from "node:module";
import type { AddressInfo } from "node:net";
import { fileURLToPath } from "node:url";
import { GATEWAY_KEYS, loadConfig, type GatewayConfig, type Logger } from "@sandgate/contract";
import type { SandboxWatchHealth } from "@sandgate/kube";
import {
  createConfiguredRoutes,
  createRouteFeed,
  startWorkers,
  type Gateway,
  type RouteFeed,
} from "../../src/index.ts";

export interface WorkersBench {
  readonly gateway: Gateway;
  readonly feed: RouteFeed;
  readonly health: SandboxWatchHealth;
  readonly backend: Server;
  readonly backendPort: number;
  /** Lets threads go on that were stopped. */
  release(): void;
  /** What the main thread and the workers have logged. */
  readonly log: LogLines;
  close(): Promise<void>;
}

export interface LogLines {
  readonly lines: readonly string[];
  /** Resolves when so many lines, of those there are and those to come, have the text. */
  have(text: string, count?: number): Promise<void>;
}

/** How many threads serve. */
export const COUNT = 3;

export const configOf = (flags: Readonly<Record<string, unknown>>): GatewayConfig =>
  loadConfig(GATEWAY_KEYS, { flags: { port: 0, metricsPort: 0, drainTimeoutMs: 2_000, ...flags } }).values;

const ENTRY = new URL("worker-entry.mjs", import.meta.url);
// Threads begin in a third of the time.
enableCompileCache(fileURLToPath(new URL("../../../../node_modules/.cache/sandgate-tests", import.meta.url)));

export async function openWorkers(
  handler: RequestListener,
  flags: Readonly<Record<string, unknown>> = {},
): Promise<WorkersBench> {
  const backend = createServer(handler);
  backend.listen(0, "127.0.0.1");
  await once(backend, "listening");
  const config = configOf(flags);
  const health: SandboxWatchHealth = { synced: true, syncedAtMs: 1, error: null, agentSandbox: "complete" };
  const feed = createRouteFeed(createConfiguredRoutes(config), () => health);
  const gate = new SharedArrayBuffer(4);
  const { log, write } = openLog();
  const logger = loggerTo(write);
  try {
    const gateway = await startWorkers({
      config,
      count: COUNT,
      feed,
      entry: ENTRY,
      own: { gate },
      logger,
      write,
    });
    return {
      gateway,
      feed,
      health,
      log,
      backend,
      backendPort: (backend.address() as AddressInfo).port,
      release() {
        Atomics.store(new Int32Array(gate), 0, 1);
        Atomics.notify(new Int32Array(gate), 0);
      },
      async close() {
        backend.closeAllConnections();
        await gateway.close();
        backend.close();
      },
    };
  } catch (error) {
    backend.close();
    throw error;
  }
}

function loggerTo(write: (text: string) => void): Logger {
  const line = (message: string, fields?: object): void =>
    write(`${JSON.stringify({ main: true, message, ...fields })}\n`);
  return { debug() {}, info: line, warn: line, error: line };
}

function openLog(): { log: LogLines; write(text: string): void } {
  const lines: string[] = [];
  const waiting = new Set<() => void>();
  return {
    write(text) {
      lines.push(...text.split("\n").filter((line) => line !== ""));
      for (const look of waiting) look();
    },
    log: {
      lines,
      have: (text, count = 1) =>
        new Promise((resolve) => {
          const look = (): void => {
            if (lines.filter((line) => line.includes(text)).length < count) return;
            waiting.delete(look);
            resolve();
          };
          waiting.add(look);
          look();
        }),
    },
  };
}

/** One request, by a connection of its own where no agent is given. */
export async function get(
  url: string,
  agent?: Agent,
  headers: Readonly<Record<string, string>> = {},
): Promise<{ status: number; text: string; headers: IncomingHttpHeaders }> {
  const own = agent ?? new Agent();
  try {
    const sent = request(url, { agent: own, headers });
    sent.end();
    const [response] = (await once(sent, "response")) as [IncomingMessage];
    response.setEncoding("utf8");
    let text = "";
    for await (const chunk of response) text += chunk as string;
    return { status: response.statusCode ?? 0, text, headers: response.headers };
  } finally {
    if (agent === undefined) own.destroy();
  }
}

/** So many requests at once, each by a connection of its own; their statuses. */
export async function getMany(
  url: string,
  count: number,
  headers: Readonly<Record<string, string>> = {},
): Promise<number[]> {
  const answers = await Promise.all(Array.from({ length: count }, () => get(url, undefined, headers)));
  return answers.map(({ status }) => status);
}

/** Resolves when all workers know what the feed was told. What they are asked for comes to them after it. */
export async function settled(gateway: Gateway): Promise<void> {
  await metric(gateway, "sandgate_workers");
}

/** Values of a metric by its labels, as they are printed. */
export async function metric(gateway: Gateway, name: string): Promise<ReadonlyMap<string, number>> {
  const { text } = await get(`${gateway.metricsUrl}/metrics`);
  const lines = text.split("\n").filter((line) => line.startsWith(`${name}{`) || line.startsWith(`${name} `));
  return new Map(
    lines.map((line) => {
      const at = line.lastIndexOf(" ");
      return [line.slice(name.length, at), Number(line.slice(at + 1))];
    }),
  );
}
