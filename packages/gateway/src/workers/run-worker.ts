import { parentPort, workerData } from "node:worker_threads";
import type { GatewayConfig, Logger } from "@sandgate/contract";
import { openServing, type Serving } from "../open-serving.ts";
import { createConfiguredRoutes } from "../routes/configured-routes.ts";
import type { RouteTable } from "../routes/route-table.ts";
import { StartError } from "../start-error.ts";
import type { FromWorker, ToWorker, WorkerSetup } from "./messages.ts";
import { createRouteCopy } from "./route-copy.ts";
import { openSharedLimits } from "./shared-limits.ts";

/** What the file brings that a worker begins with. */
export interface WorkerParts {
  /**
   * Makes the worker's log.
   *
   * @param output - Takes whole lines, which the main thread writes between its own.
   * @param own - What `startWorkers` was given for it.
   */
  createLogger(output: { write(text: string): void }, own: unknown): Logger;
  /** Absent: as the configuration has it. */
  createRoutes?(config: GatewayConfig): RouteTable;
}

/** One worker's thread: everything that it knows comes by message, and what it says goes by message. Its requests are its own. */
export async function runWorker(parts: WorkerParts): Promise<void> {
  const port = parentPort;
  if (port === null) throw new Error("this runs in a worker thread");
  const setup = workerData as WorkerSetup;
  const { config, index } = setup;
  const say = (message: FromWorker): void => port.postMessage(message);
  const logger = parts.createLogger({ write: (text) => say({ type: "lines", text }) }, setup.own);
  // The main thread tells of refused addresses.
  const routes = parts.createRoutes?.(config) ?? createConfiguredRoutes(config);
  const source = createRouteCopy(routes);
  let serving: Serving | undefined;

  process.on("uncaughtException", (error) => {
    say({ type: "failed", error: describe(error), metrics: serving?.snapshot() ?? {} });
    process.exit(1);
  });

  function refuse(error: unknown): void {
    const told = error instanceof StartError;
    say({ type: "refused", told, message: told ? error.message : describe(error) });
    process.exit(1);
  }

  async function close(): Promise<void> {
    await serving?.close();
    // The last lines of the log go before.
    await new Promise((resolve) => setImmediate(resolve));
    say({ type: "closed", metrics: serving?.snapshot() ?? {} });
  }

  port.on("message", (message: ToWorker) => {
    if (message.type === "routes") source.changed(message.changes);
    else if (message.type === "health") source.healthIs(message.health);
    else if (message.type === "metrics") say({ type: "metrics", metrics: serving?.snapshot() ?? {} });
    else if (message.type === "close") void close();
    else {
      serving
        ?.listen(message.gateway, message.router)
        .then((urls) => say({ type: "listening", ...urls }))
        .catch(refuse);
    }
  });
  try {
    const shared = openSharedLimits(setup.limits, index);
    serving = await openServing({ config, source, logger, shared, ticketKeys: setup.ticketKeys });
    say({ type: "prepared" });
  } catch (error) {
    refuse(error);
  }
}

function describe(error: unknown): string {
  return error instanceof Error ? (error.stack ?? error.message) : String(error);
}
