import { afterEach, describe, expect, it } from "vitest";
import { entry } from "../support.ts";
import { get, metric, openWorkers, type WorkersBench } from "./workers-support.ts";

let bench: WorkersBench;
afterEach(async () => {
  await bench.close();
});

const url = (name: string, user = "alice"): string =>
  `${bench.gateway.url}/${user}/${name}:${bench.backendPort}/`;

describe("a gateway of several threads", () => {
  it("serves requests of many connections in all of them, and its metrics are their sum", async () => {
    bench = await openWorkers((_request, response) => response.end("ok"));
    bench.feed.put("alice-box", entry("alice", "box"));
    const answers = await Promise.all(Array.from({ length: 90 }, () => get(url("box"))));
    expect(answers.every(({ status, text }) => status === 200 && text === "ok")).toBe(true);
    const each = [...(await metric(bench.gateway, "sandgate_worker_requests_total")).values()];
    expect(each.length).toBe(3);
    expect(each.filter((count) => count > 0).length).toBe(3);
    expect(each.reduce((sum, count) => sum + count, 0)).toBe(90);
    expect((await metric(bench.gateway, "sandgate_requests_total")).get('{code="2xx"}')).toBe(90);
    expect((await metric(bench.gateway, "sandgate_routes")).get('{state="Ready"}')).toBe(1);
  });
});
