/** A gateway with one sandbox, alice/box, whose pod is a server of the test's own that speaks no HTTP of Node's. */
import { ANNOTATION_PORT } from "@sandgate/contract";
import { entry, openBench } from "../support.ts";

export interface HostileBench {
  port: number;
  close(): Promise<void>;
}

/** @param upstreamPort - Where the sandbox listens on 127.0.0.1. */
export async function openHostileBench(
  upstreamPort: number,
  flags: Readonly<Record<string, unknown>> = {},
): Promise<HostileBench> {
  const bench = await openBench((_request, response) => response.end(), flags);
  const sandbox = entry("alice", "box").sandbox!;
  bench.routes.put(
    "alice-box",
    entry("alice", "box", {
      sandbox: { ...sandbox, annotations: { [ANNOTATION_PORT]: String(upstreamPort) } },
    }),
  );
  return { port: Number(new URL(bench.gateway.url).port), close: () => bench.close() };
}
