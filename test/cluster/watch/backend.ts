/** What the pods of the tests are: one server of the test's, where pods' addresses lead. */
import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";

export interface Backend {
  readonly port: number;
  [Symbol.asyncDispose](): Promise<void>;
}

export async function startBackend(address: string): Promise<Backend> {
  const server = createServer((_request, response) => response.end("here\n"));
  server.listen(0, address);
  await once(server, "listening");
  return {
    port: (server.address() as AddressInfo).port,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      server.close();
      await once(server, "close");
    },
  };
}
