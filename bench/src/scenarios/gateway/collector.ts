import { once } from "node:events";
import { createServer, type IncomingMessage } from "node:http";
import type { AddressInfo } from "node:net";

/** Takes spans as an OpenTelemetry collector does (OTLP over HTTP, in JSON) and counts them. */
export interface Collector extends AsyncDisposable {
  /** Base URL. */
  readonly endpoint: string;
  spans(): number;
}

interface Batch {
  resourceSpans: readonly { scopeSpans: readonly { spans: readonly unknown[] }[] }[];
}

/** In this process, which shares a core with the load. */
export async function startCollector(): Promise<Collector> {
  let count = 0;
  const server = createServer((request, response) => {
    spansIn(request).then(
      (spans) => {
        count += spans;
        response.setHeader("Content-Type", "application/json").end("{}");
      },
      () => response.writeHead(400).end(),
    );
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return {
    endpoint: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    spans: () => count,
    async [Symbol.asyncDispose]() {
      server.close().closeAllConnections();
      await once(server, "close");
    },
  };
}

async function spansIn(request: IncomingMessage): Promise<number> {
  const chunks: Buffer[] = [];
  for await (const chunk of request as AsyncIterable<Buffer>) chunks.push(chunk);
  const { resourceSpans } = JSON.parse(Buffer.concat(chunks).toString()) as Batch;
  return resourceSpans
    .flatMap(({ scopeSpans }) => scopeSpans)
    .reduce((sum, { spans }) => sum + spans.length, 0);
}
