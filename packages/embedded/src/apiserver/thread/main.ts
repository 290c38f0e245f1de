import { parentPort, workerData } from "node:worker_threads";
import type { Logger, LogFields } from "@sandgate/contract";
import { giveWay } from "./give-way.ts";
import type { ThreadCommand, ThreadMessage, ThreadOptions } from "./messages.ts";
import { DataFolderError } from "../storage/data-folder-error.ts";
import { openApiServer } from "./open-api-server.ts";

/** The API server's thread: everything it knows comes by message, and everything it says goes by message. */
async function main(): Promise<void> {
  const port = parentPort;
  if (port === null) throw new Error("this file runs as a worker thread");
  const say = (message: ThreadMessage): void => port.postMessage(message);
  const log =
    (level: "debug" | "info" | "warn" | "error") =>
    (message: string, fields?: LogFields): void =>
      say({ type: "log", level, message, fields });
  const logger: Logger = { debug: log("debug"), info: log("info"), warn: log("warn"), error: log("error") };
  try {
    const server = await openApiServer(workerData as ThreadOptions, logger);
    port.on("message", (command: ThreadCommand) => {
      if (command.type !== "close") return;
      void server.close().then(() => {
        say({ type: "closed" });
        port.close();
      });
    });
    await giveWay();
    say(server.ready);
  } catch (error) {
    const code = error instanceof DataFolderError ? error.code : undefined;
    say({ type: "refused", code, message: error instanceof Error ? error.message : String(error) });
    port.close();
  }
}

await main();
