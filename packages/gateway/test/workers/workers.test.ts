import { writeFile } from "node:fs/promises";
import { createHash } from "node:crypto";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, describe, expect, it } from "vitest";
import { entry } from "../support.ts";
import { COUNT, getMany, metric, openWorkers, settled, type WorkersBench } from "./workers-support.ts";

let bench: WorkersBench;
afterEach(async () => {
  await bench.close();
});

const url = (name: string, user = "alice"): string =>
  `${bench.gateway.url}/${user}/${name}:${bench.backendPort}/`;

const all = (count: number, status: number): number[] => Array.from({ length: count }, () => status);

describe("a gateway of several threads", () => {
  it("serves requests of many connections in all of them, and its metrics are their sum", async () => {
    bench = await openWorkers((_request, response) => response.end("ok"));
    bench.feed.put("alice-box", entry("alice", "box"));
    await settled(bench.gateway);
    expect(await getMany(url("box"), 90)).toEqual(all(90, 200));
    const each = [...(await metric(bench.gateway, "sandgate_worker_requests_total")).values()];
    expect(each.filter((count) => count > 0).length).toBe(COUNT);
    expect(each.reduce((sum, count) => sum + count, 0)).toBe(90);
    expect((await metric(bench.gateway, "sandgate_requests_total")).get('{code="2xx"}')).toBe(90);
    expect((await metric(bench.gateway, "sandgate_routes")).get('{state="Ready"}')).toBe(1);
  });

  it("has the same routes in all of them after every change", async () => {
    bench = await openWorkers((_request, response) => response.end("ok"));
    expect(await getMany(url("box"), 30)).toEqual(all(30, 404));
    bench.feed.put("alice-box", entry("alice", "box"));
    await settled(bench.gateway);
    expect(await getMany(url("box"), 30)).toEqual(all(30, 200));
    bench.feed.put("alice-box", undefined);
    await settled(bench.gateway);
    expect(await getMany(url("box"), 30)).toEqual(all(30, 404));
  });

  it("is ready in all of them when the sandboxes are known, and not before", async () => {
    bench = await openWorkers((_request, response) => response.end("ok"));
    const { gateway, health, feed } = bench;
    health.synced = false;
    feed.healthChanged();
    await settled(gateway);
    expect(await getMany(`${gateway.url}/readyz`, 30)).toEqual(all(30, 503));
    health.synced = true;
    feed.healthChanged();
    await settled(gateway);
    expect(await getMany(`${gateway.url}/readyz`, 30)).toEqual(all(30, 200));
  });

  it("writes whole lines of every request into one log", async () => {
    bench = await openWorkers((_request, response) => response.end("ok"));
    bench.feed.put("alice-box", entry("alice", "box"));
    await settled(bench.gateway);
    await getMany(url("box"), 60);
    await bench.log.have('"message":"request"', 60);
    const lines = bench.log.lines.map((line) => JSON.parse(line) as { message: string });
    expect(lines.filter(({ message }) => message === "request").length).toBe(60);
  });

  it("takes a file of keys that has changed in all of them", async () => {
    const folder = await mkdtemp(join(tmpdir(), "sandgate-workers-"));
    const path = join(folder, "keys.yaml");
    const write = (key: string): Promise<void> =>
      writeFile(
        path,
        JSON.stringify([{ id: "a", user: "alice", sha256: createHash("sha256").update(key).digest("hex") }]),
      );
    await write("old");
    bench = await openWorkers((_request, response) => response.end("ok"), { apiKeys: path });
    bench.feed.put("alice-box", entry("alice", "box"));
    await settled(bench.gateway);
    const withKey = (key: string): Promise<number[]> =>
      getMany(url("box"), 30, { authorization: `Bearer ${key}` });
    expect(await withKey("old")).toEqual(all(30, 200));
    await write("new");
    await bench.log.have("API keys read again", COUNT);
    expect(await withKey("old")).toEqual(all(30, 401));
    expect(await withKey("new")).toEqual(all(30, 200));
    await rm(folder, { recursive: true });
  });
});
