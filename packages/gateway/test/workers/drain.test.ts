import { once } from "node:events";
import { Agent, type ServerResponse } from "node:http";
import { connect } from "node:net";
import { afterEach, describe, expect, it } from "vitest";
import { entry } from "../support.ts";
import { get, getMany, metric, openWorkers, settled, type WorkersBench } from "./workers-support.ts";

let bench: WorkersBench;
afterEach(async () => {
  await bench.close();
});

const url = (path = ""): string => `${bench.gateway.url}/alice/box:${bench.backendPort}/${path}`;

describe("a gateway of several threads that is told to end", () => {
  it("answers every request on every connection that was open, and ends", async () => {
    bench = await openWorkers((_request, response) => response.end("ok"));
    bench.feed.put("alice-box", entry("alice", "box"));
    await settled(bench.gateway);
    const agents = Array.from({ length: 24 }, () => new Agent({ keepAlive: true, maxSockets: 1 }));
    let answered = 0;
    const warm = Promise.withResolvers<void>();
    /** Requests one after another on one connection, until the gateway has said that it ends it. */
    const client = async (agent: Agent): Promise<void> => {
      for (let open = true; open;) {
        const { status, headers } = await get(url(), agent);
        expect(status).toBe(200);
        if (++answered === 500) warm.resolve();
        open = headers.connection !== "close";
      }
    };
    const clients = Promise.all(agents.map(client));
    await warm.promise;
    await Promise.all([bench.gateway.close(), clients]);
    for (const agent of agents) agent.destroy();
    const refused = connect(Number(new URL(bench.gateway.url).port), "127.0.0.1");
    const [error] = (await once(refused, "error")) as [NodeJS.ErrnoException];
    expect(error.code).toBe("ECONNREFUSED");
  });

  it("is not ready in any thread from then on, and finishes what is under way", async () => {
    const held: ServerResponse[] = [];
    bench = await openWorkers((_request, response) => void held.push(response));
    bench.feed.put("alice-box", entry("alice", "box"));
    await settled(bench.gateway);
    const agents = Array.from({ length: 24 }, () => new Agent({ keepAlive: true, maxSockets: 1 }));
    const ready = (): Promise<number[]> =>
      Promise.all(agents.map(async (agent) => (await get(`${bench.gateway.url}/readyz`, agent)).status));
    expect(new Set(await ready())).toEqual(new Set([200]));
    const slow = get(url());
    while (held.length === 0) await once(bench.backend, "request");
    const closed = bench.gateway.close();
    await settled(bench.gateway);
    expect(new Set(await ready())).toEqual(new Set([503]));
    held[0]?.end("ok");
    expect((await slow).text).toBe("ok");
    for (const agent of agents) agent.destroy();
    await closed;
  });
});

describe("a thread that does not answer", () => {
  it("keeps nobody from the metrics of the others, and of what it had counted", async () => {
    bench = await openWorkers((_request, response) => response.end("ok"));
    const total = async (): Promise<number | undefined> =>
      (await metric(bench.gateway, "sandgate_requests_total")).get('{code="4xx"}');
    await getMany(url(), 30);
    expect(await total()).toBe(30);
    let over = false;
    const stuck = get(`${bench.gateway.url}/stuck/it/`).then(() => (over = true));
    await bench.log.have("stuck now");
    expect(await total()).toBe(30);
    expect(over).toBe(false);
    bench.release();
    await stuck;
  });
});
