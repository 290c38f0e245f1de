/** A gateway of several threads in front of a server of the test's own. */
import { once } from "node:events";
import { createServer, type RequestListener } from "node:http";
import { Agent, request, type IncomingMessage } from "node:http";
import type { AddressInfo } from "node:net";
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
  readonly backendPort: number;
  /** What the main thread and the workers have logged. */
  readonly log: LogLines;
  close(): Promise<void>;
}

export interface LogLines {
  readonly lines: readonly string[];
  /** Resolves with the first line, of those there are and those to come, that has the text. */
  find(text: string): Promise<string>;
}

export const configOf = (flags: Readonly<Record<string, unknown>>): GatewayConfig =>
  loadConfig(GATEWAY_KEYS, { flags: { port: 0, metricsPort: 0, drainTimeoutMs: 2_000, ...flags } }).values;

const ENTRY = new URL("worker-entry.ts", import.meta.url);

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
  const { log, write } = openLog();
  const logger = loggerTo(write);
  try {
    const gateway = await startWorkers({ config, count: 3, feed, entry: ENTRY, logger, write });
    return {
      gateway,
      feed,
      health,
      log,
      backendPort: (backend.address() as AddressInfo).port,
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
      find: (text) =>
        new Promise((resolve) => {
          const look = (): void => {
            const found = lines.find((line) => line.includes(text));
            if (found === undefined) return;
            waiting.delete(look);
            resolve(found);
          };
          waiting.add(look);
          look();
        }),
    },
  };
}

/** One request, by a connection of its own where no agent is given. */
export async function get(url: string, agent?: Agent): Promise<{ status: number; text: string }> {
  const own = agent ?? new Agent();
  try {
    const sent = request(url, { agent: own });
    sent.end();
    const [response] = (await once(sent, "response")) as [IncomingMessage];
    response.setEncoding("utf8");
    let text = "";
    for await (const chunk of response) text += chunk as string;
    return { status: response.statusCode ?? 0, text };
  } finally {
    if (agent === undefined) own.destroy();
  }
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
