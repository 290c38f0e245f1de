/** Peers of several languages speak WebSocket with one another through the gateway, each as client and as server. */
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { entry, openBench, type Bench } from "../support.ts";
import { PEERS, runBy, serveBy, type ServingPeer } from "./peers.ts";

const NAMES = Object.keys(PEERS);
/** Of those that may be said: the first, the usual ones, and the ends of what is an application's own. */
const CODES = [1000, 1001, 1003, 1007, 1008, 1011, 3000, 3999, 4000, 4999];
/** The first time, what a peer needs is fetched and built. */
const TIMEOUT_MS = 180_000;

describe.each(NAMES)("a server by %s", (serving) => {
  let bench: Bench;
  let server: ServingPeer;
  let url: string;
  beforeAll(async () => {
    bench = await openBench((_request, response) => response.end());
    bench.routes.put("alice-box", entry("alice", "box"));
    server = await serveBy(serving);
    url = `${bench.gateway.url.replace("http", "ws")}/alice/box:${server.port}/`;
  }, TIMEOUT_MS);
  afterAll(async () => {
    await server.close();
    await bench.close();
  });

  it.each(NAMES)(
    "holds a session with a client by %s: every message comes back, up to 16 MiB, and its close code arrives",
    async (dialling) => {
      const seen = (await runBy(dialling, ["dial", url])) as { same: boolean[]; closed: unknown };
      expect(seen.same.length).toBeGreaterThanOrEqual(5);
      expect(new Set(seen.same)).toEqual(new Set([true]));
      expect(seen.closed).toEqual([4321, "over"]);
    },
    TIMEOUT_MS,
  );

  it.each(NAMES)(
    "learns with which code and why a client by %s leaves",
    async (dialling) => {
      for (const code of dialling === NAMES[0] ? CODES : [1000, 4999]) {
        // What the sessions before had to say.
        const said = untilLine(server, `closed ${code} because ${code}`);
        expect(await runBy(dialling, ["leave", url, String(code), `because ${code}`])).toEqual({
          left: true,
        });
        expect(await said).toBe(`closed ${code} because ${code}`);
      }
    },
    TIMEOUT_MS,
  );
});

async function untilLine(server: ServingPeer, wanted: string): Promise<string> {
  for (;;) {
    const line = await server.line();
    if (line === wanted) return line;
  }
}
