import { once } from "node:events";
import { Agent, request, type IncomingMessage, type ServerResponse } from "node:http";
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

  it("first says so at /readyz and goes on taking connections, one request on each, for as long as it is told", async () => {
    const bench = await openBench((_request, response) => response.end("ok"), { drainDelayMs: 3_000 });
    const [agent, keeping] = [new Agent(), new Agent({ keepAlive: true })];
    try {
      bench.routes.put("alice-box", entry("alice", "box"));
      const { url } = bench.gateway;
      expect((await get(`${url}/readyz`, agent)).statusCode).toBe(200);
      const closed = bench.gateway.close();
      expect((await get(`${url}/readyz`, agent)).statusCode).toBe(503);
      const late = await get(`${url}/alice/box:${bench.backendPort}/`, keeping);
      keeping.destroy();
      expect([late.statusCode, late.headers.connection]).toEqual([200, "close"]);
      await closed;
      await expect(get(`${url}/readyz`, agent)).rejects.toThrow("ECONNREFUSED");
    } finally {
      agent.destroy();
      await bench.close();
    }
  });

  it("lets an answer under way end within its time, and cuts one that does not", async () => {
    const held = new Map<string, ServerResponse>();
    const both = Promise.withResolvers<void>();
    const bench = await openBench(
      (request, response) => {
        response.write("begun");
        if (held.set(request.url ?? "", response).size === 2) both.resolve();
      },
      { drainTimeoutMs: 1_000 },
    );
    const agent = new Agent({ keepAlive: true });
    try {
      bench.routes.put("alice-box", entry("alice", "box"));
      const url = `${bench.gateway.url}/alice/box:${bench.backendPort}`;
      const ends = get(`${url}/ends`, agent);
      const never = expect(get(`${url}/never`, agent)).rejects.toThrow("aborted");
      await both.promise;
      const closed = bench.gateway.close();
      held.get("/ends")?.end("ended");
      expect((await ends).statusCode).toBe(200);
      await never;
      await closed;
    } finally {
      agent.destroy();
      await bench.close();
    }
  });
});
