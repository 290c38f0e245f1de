import { createServer, type Server } from "node:http";
import { exposition, EXPOSITION_TYPE } from "./exposition.ts";
import type { MetricsSnapshot } from "./snapshot.ts";

/**
 * The listener of /metrics, which has its own port: what it tells of is not for callers.
 *
 * @param snapshot - Where several threads serve they are asked first.
 */
export function createMetricsServer(snapshot: () => MetricsSnapshot | Promise<MetricsSnapshot>): Server {
  const page = async (): Promise<string> => exposition(await snapshot());
  return createServer((request, response) => {
    if (request.url?.split("?", 1)[0] !== "/metrics") {
      response.writeHead(404).end();
      return;
    }
    // A scrape that fails is seen where it was asked from, and must end nothing else.
    page().then(
      (text) => response.writeHead(200, { "content-type": EXPOSITION_TYPE }).end(text),
      (error: unknown) => response.writeHead(500).end(`The metrics cannot be gathered: ${String(error)}\n`),
    );
  });
}
