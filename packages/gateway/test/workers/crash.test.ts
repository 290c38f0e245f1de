import { once } from "node:events";
import { request, type ClientRequest, type ServerResponse } from "node:http";
import { afterEach, describe, expect, it } from "vitest";
import { entry } from "../support.ts";
import { COUNT, get, getMany, metric, openWorkers, settled, type WorkersBench } from "./workers-support.ts";

let bench: WorkersBench;
afterEach(async () => {
  await bench.close();
});

const url = (path = ""): string => `${bench.gateway.url}/alice/box:${bench.backendPort}/${path}`;

/** Ends the thread that takes this request, and resolves when another serves in its place. */
async function crash(times = 1): Promise<void> {
  const over = bench.log.have("a worker has taken the place", times);
  await get(`${bench.gateway.url}/crash/it/`).catch(() => {});
  await over;
}

/** A request that the backend does not answer yet, on a connection of its own. */
function hold(): { ended: Promise<"answered" | "cut">; sent: ClientRequest } {
  const sent = request(url("held"), { agent: false });
  const ended = new Promise<"answered" | "cut">((resolve) => {
    sent.on("response", (response) => response.resume().on("end", () => resolve("answered")));
    sent.on("error", () => resolve("cut"));
  });
  sent.end();
  return { ended, sent };
}

/** So many that every thread has some, but once in a billion runs. */
const HELD = 48;

describe("a worker that ends by an error", () => {
  it("takes its own connections with it and no others, and is replaced, which metrics and log tell", async () => {
    const held: ServerResponse[] = [];
    bench = await openWorkers((_request, response) => void held.push(response));
    bench.feed.put("alice-box", entry("alice", "box"));
    await settled(bench.gateway);
    const requests = Array.from({ length: HELD }, hold);
    while (held.length < HELD) await once(bench.backend, "request");
    const firstCut = Promise.race(requests.map(({ ended }) => ended));
    await crash();
    expect(await firstCut).toBe("cut");
    for (const response of held) response.end("ok");
    const ends = await Promise.all(requests.map(({ ended }) => ended));
    const cut = ends.filter((end) => end === "cut").length;
    expect(cut).toBeGreaterThan(0);
    expect(cut).toBeLessThan(HELD);
    expect([...(await metric(bench.gateway, "sandgate_worker_restarts_total")).values()]).toEqual([1]);
    expect([...(await metric(bench.gateway, "sandgate_workers")).values()]).toEqual([COUNT]);
    expect(bench.log.lines.filter((line) => line.includes("told to crash")).length).toBe(1);
  });

  it("is replaced by one that has the routes as they are, as often as it ends", async () => {
    bench = await openWorkers((_request, response) => response.end("ok"));
    bench.feed.put("alice-gone", entry("alice", "gone"));
    bench.feed.put("alice-box", entry("alice", "box"));
    await settled(bench.gateway);
    bench.feed.put("alice-gone", undefined);
    for (let times = 1; times <= 4; times++) await crash(times);
    const statuses = await getMany(url(), 60);
    expect(new Set(statuses)).toEqual(new Set([200]));
    const gone = await getMany(`${bench.gateway.url}/alice/gone:${bench.backendPort}/`, 30);
    expect(new Set(gone)).toEqual(new Set([404]));
  });

  it("leaves what it has counted in the metrics, and what it held of a limit to the others", async () => {
    const held: ServerResponse[] = [];
    bench = await openWorkers(
      (message, response) => {
        if (message.url?.endsWith("held") === true) held.push(response);
        else response.end("ok");
      },
      { maxInFlightPerSandbox: HELD },
    );
    bench.feed.put("alice-box", entry("alice", "box"));
    await settled(bench.gateway);
    await getMany(url(), 20);
    const before = Array.from({ length: HELD }, hold);
    while (held.length < HELD) await once(bench.backend, "request");
    expect((await get(url())).status).toBe(429);
    await crash();
    const total = async (): Promise<number | undefined> =>
      (await metric(bench.gateway, "sandgate_requests_total")).get('{code="2xx"}');
    expect(await total()).toBe(20);
    for (const response of held.splice(0)) response.end("ok");
    await Promise.all(before.map(({ ended }) => ended));
    const after = Array.from({ length: HELD }, hold);
    while (held.length < HELD) await once(bench.backend, "request");
    for (const response of held.splice(0)) response.end("ok");
    expect(new Set(await Promise.all(after.map(({ ended }) => ended)))).toEqual(new Set(["answered"]));
  });
});
