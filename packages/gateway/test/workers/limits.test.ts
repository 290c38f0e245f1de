import { once } from "node:events";
import type { ServerResponse } from "node:http";
import { Worker } from "node:worker_threads";
import { afterEach, describe, expect, it } from "vitest";
import { createCounterMemory } from "../../src/workers/shared-counters.ts";
import { entry } from "../support.ts";
import { get, openWorkers, settled, type WorkersBench } from "./workers-support.ts";

describe("counters that threads share", () => {
  it("let in as many as may be in at once and no more, however many try at the same time", async () => {
    const threads = 4;
    const memory = createCounterMemory(threads);
    const seen = new SharedArrayBuffer(12);
    const exits = Array.from({ length: threads }, (_, worker) =>
      once(
        new Worker(new URL("counting-thread.ts", import.meta.url), {
          workerData: { memory, worker, seen, most: 2, times: 40_000 },
        }),
        "exit",
      ),
    );
    expect((await Promise.all(exits)).flat()).toEqual(Array.from({ length: threads }, () => 0));
    const [inside, most] = new Int32Array(seen);
    expect(inside).toBe(0);
    expect(most).toBe(2);
  });
});

describe("a limit of a gateway of several threads", () => {
  let bench: WorkersBench;
  afterEach(() => bench.close());

  it("holds for all of them together", async () => {
    const held: ServerResponse[] = [];
    bench = await openWorkers((_request, response) => void held.push(response), {
      maxInFlightPerSandbox: 7,
    });
    bench.feed.put("alice-box", entry("alice", "box"));
    await settled(bench.gateway);
    const url = `${bench.gateway.url}/alice/box:${bench.backendPort}/`;
    const refused = Promise.withResolvers<void>();
    let busy = 0;
    const answers = Array.from({ length: 40 }, async () => {
      const { status, text } = await get(url);
      if (status === 429 && text.includes("SANDBOX_BUSY") && ++busy === 33) refused.resolve();
      return status;
    });
    await refused.promise;
    expect(held.length).toBe(7);
    for (const response of held.splice(0)) response.end("ok");
    const statuses = await Promise.all(answers);
    expect(statuses.filter((status) => status === 200).length).toBe(7);
    const next = get(url);
    await once(bench.backend, "request");
    held.pop()?.end("ok");
    expect((await next).status).toBe(200);
  });
});
