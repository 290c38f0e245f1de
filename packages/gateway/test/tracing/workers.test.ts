import { afterEach, expect, it } from "vitest";
import { entry } from "../support.ts";
import { COUNT, getMany, openWorkers, settled, type WorkersBench } from "../workers/workers-support.ts";
import { openCollector, SERVER, type TestCollector } from "./collector.ts";

let bench: WorkersBench;
let collector: TestCollector;
afterEach(async () => {
  await bench.close();
  await collector.close();
});

it("every thread of a gateway sends its spans, the last of them when it ends, under a name of its own", async () => {
  collector = await openCollector();
  bench = await openWorkers((request, response) => response.end(request.headers["traceparent"]), {
    otlpEndpoint: collector.url,
  });
  bench.feed.put("alice-box", entry("alice", "box"));
  await settled(bench.gateway);
  await getMany(`${bench.gateway.url}/alice/box:${bench.backendPort}/`, 90);
  await bench.gateway.close();
  const servers = collector.spans.filter((span) => span.kind === SERVER);
  expect(servers).toHaveLength(90);
  expect(new Set(servers.map((span) => span.traceId)).size).toBe(90);
  expect(new Set(collector.batches.map(({ resource }) => resource["service.instance.id"])).size).toBe(COUNT);
});
