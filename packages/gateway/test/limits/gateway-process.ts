/** A gateway alone in a process, whose memory is nobody else's: `alice/box` is what listens on loopback. */
import { entry, openBench } from "../support.ts";

const bench = await openBench((_request, response) => response.end(), { maxConnectionsPerClient: 16_384 });
bench.routes.put("alice-box", entry("alice", "box"));
process.on("message", () => {
  globalThis.gc?.();
  process.send?.({ rssBytes: process.memoryUsage.rss() });
});
process.on("disconnect", () => process.exit());
process.send?.({ url: bench.gateway.url });
