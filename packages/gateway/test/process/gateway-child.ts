/** A gateway in a process of its own, told what to do by its parent: what it measures is the gateway's alone. */
import { readdirSync } from "node:fs";
import { entry, openBench } from "../support.ts";
import type { Measured, Order, Reply } from "./gateway-process.ts";

const gc = (globalThis as { gc?: () => void }).gc;
let bench: Awaited<ReturnType<typeof openBench>> | undefined;

process.on("message", (order: Order) => {
  void carryOut(order).then((reply) => {
    // The parent may have gone meanwhile, and this process goes with it.
    process.send?.(reply, () => {});
  });
});
process.on("disconnect", () => process.exit());

async function carryOut(order: Order): Promise<Reply> {
  if (order.kind === "open") {
    bench = await openBench((_request, response) => response.end(), order.flags);
    bench.routes.put("alice-box", entry("alice", "box"));
    const { url, routerUrl, metricsUrl } = bench.gateway;
    return { kind: "opened", urls: { url, routerUrl, metricsUrl } };
  }
  return { kind: "measured", measured: await measure(order.collect) };
}

async function measure(collect: boolean): Promise<Measured> {
  for (let round = 0; collect && round < 3; round++) {
    gc?.();
    await new Promise((resolve) => setImmediate(resolve));
  }
  const { rss, heapUsed, external, arrayBuffers } = process.memoryUsage();
  const fds = readdirSync("/proc/self/fd").length;
  return { rss, heapUsed, external, arrayBuffers, fds };
}
