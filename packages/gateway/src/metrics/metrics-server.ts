import { createServer, type Server } from "node:http";
import { exposition, EXPOSITION_TYPE } from "./exposition.ts";
import type { MetricsSnapshot } from "./snapshot.ts";

/**
 * The listener of /metrics, which has its own port: what it tells of is not for callers.
 *
 * @param snapshot - Where several threads serve they are asked first.
 */
export function createMetricsServer(snapshot: () => MetricsSnapshot | Promise<MetricsSnapshot>): Server {
  return createServer((request, response) => {
    if (request.url !== "/metrics") {
      response.writeHead(404).end();
      return;
    }
    void Promise.resolve(snapshot()).then((now) =>
      response.writeHead(200, { "content-type": EXPOSITION_TYPE }).end(exposition(now)),
    );
  });
}
