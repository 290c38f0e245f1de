import { once } from "node:events";
import type { ServerResponse } from "node:http";
import { connect, type Socket } from "node:net";
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
    const full = Promise.withResolvers<void>();
    const hold = (_request: unknown, response: ServerResponse): void => {
      if (held.push(response) === 7) full.resolve();
    };
    bench = await openWorkers(hold, { maxInFlightPerSandbox: 7 });
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
    // The last that was let in may still be on its way when the last is refused.
    await Promise.all([refused.promise, full.promise]);
    expect(held.length).toBe(7);
    for (const response of held.splice(0)) response.end("ok");
    const statuses = await Promise.all(answers);
    expect(statuses.filter((status) => status === 200).length).toBe(7);
    const next = get(url);
    await once(bench.backend, "request");
    held.pop()?.end("ok");
    expect((await next).status).toBe(200);
  });

  it("counts clients' connections in all of them, and forgets those that have ended", async () => {
    bench = await openWorkers((_request, response) => response.end("ok"), { maxConnectionsPerClient: 7 });
    const { hostname, port } = new URL(bench.gateway.url);
    const connectOne = async (): Promise<Socket | null> => {
      const socket = connect(Number(port), hostname).on("error", () => {});
      socket.write("GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n");
      // A reset is an error, and then there is no data.
      return once(socket, "data").then(
        () => socket,
        () => null,
      );
    };
    const tried = await Promise.all(Array.from({ length: 40 }, connectOne));
    const kept = tried.filter((socket) => socket !== null);
    expect(kept).toHaveLength(7);
    for (const socket of kept) socket.destroy();
    // The gateway hears of those ends a moment later.
    let next: Socket | null = null;
    while (next === null) next = await connectOne();
    next.destroy();
  });
});
