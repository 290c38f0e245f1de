import { once } from "node:events";
import { Agent, request, type IncomingMessage } from "node:http";
import { describe, expect, it } from "vitest";
import { openBench, entry } from "./support.ts";

async function get(url: string, agent: Agent): Promise<IncomingMessage> {
  const sent = request(url, { agent });
  sent.end();
  const [response] = (await once(sent, "response")) as [IncomingMessage];
  response.resume();
  await once(response, "end");
  return response;
}

describe("a gateway that is told to end", () => {
  it("answers the next request on a connection that was kept, and then ends it", async () => {
    const bench = await openBench((_request, response) => response.end("ok"));
    const agent = new Agent({ keepAlive: true, maxSockets: 1 });
    try {
      bench.routes.put("alice-box", entry("alice", "box"));
      const url = `${bench.gateway.url}/alice/box:${bench.backendPort}/`;
      const first = await get(url, agent);
      const closed = bench.gateway.close();
      // On its way when the gateway was told: it must not meet a connection that is cut.
      const second = await get(url, agent);
      expect(second.statusCode).toBe(200);
      expect(second.headers.connection).toBe("close");
      expect(first.headers.connection).not.toBe("close");
      await closed;
    } finally {
      agent.destroy();
      await bench.close();
    }
  });
});
