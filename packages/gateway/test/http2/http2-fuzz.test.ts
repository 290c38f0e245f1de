/** Frames in any order and with anything in them: whatever a client does, the gateway answers the next one and keeps nothing. */
import { readdirSync } from "node:fs";
import type { RequestListener } from "node:http";
import fc from "fast-check";
import { afterAll, beforeAll, expect, it } from "vitest";
import { entry, openBench, type Bench } from "../support.ts";
import {
  DATA,
  END_HEADERS,
  END_STREAM,
  frame,
  headerBlock,
  HEADERS,
  RawClient,
  RST_STREAM,
  uint32,
  WINDOW_UPDATE,
} from "./frames.ts";
import { connect2, send2 } from "./h2-support.ts";

const RUNS = 300;

let bench: Bench;
let prefix: string;

/** Answers in every way that there is, by the last digit of the path. */
const answers: RequestListener = (request, response) => {
  request.on("error", () => {}).resume();
  switch (request.url?.at(-1)) {
    case "0":
      response.end(Buffer.alloc(100_000));
      return;
    case "1":
      response.write("cut", () => request.socket.destroy());
      return;
    case "2":
      request.socket.destroy();
      return;
    case "3":
      response.write("with");
      response.addTrailers({ "x-sum": "1" });
      response.end();
      return;
    case "4":
      response.writeHead(205, { "content-length": 0 }).end();
      return;
    case "5":
      response.writeEarlyHints({ link: "</a>; rel=preload" });
      response.end();
      return;
    default:
    // No answer.
  }
};

beforeAll(async () => {
  bench = await openBench(answers, { metricsPort: 0 });
  bench.routes.put("alice-box", entry("alice", "box"));
  prefix = `/alice/box:${bench.backendPort}`;
});
afterAll(() => bench.close());

/** Makes a frame for a stream; null where the gateway gets its turn. */
type Step = { readonly begins: boolean; readonly make: (stream: number) => Buffer } | null;
const begins = (make: (stream: number) => Buffer): Step => ({ begins: true, make });
const goesOn = (make: (stream: number) => Buffer): Step => ({ begins: false, make });

const bytes = fc.uint8Array({ maxLength: 40 }).map((array) => Buffer.from(array));
const head = fc
  .record({
    method: fc.constantFrom("GET", "POST", "HEAD", "CONNECT"),
    digit: fc.integer({ min: 0, max: 6 }),
    more: fc.constantFrom<[string, string][]>(
      [],
      [],
      [["content-length", "7"]],
      [["expect", "100-continue"]],
    ),
    protocol: fc.constantFrom<[string, string][]>([], [], [[":protocol", "websocket"]]),
    end: fc.constantFrom(0, END_STREAM),
  })
  .map(({ method, digit, more, protocol, end }) => (at: number) => {
    const path = `${prefix}/${digit}`;
    const fields = [
      [":method", method],
      [":scheme", "http"],
      [":authority", "127.0.0.1"],
      [":path", path],
    ];
    const block = headerBlock([...fields, ...protocol, ...more] as [string, string][]);
    return frame(HEADERS, END_HEADERS | end, at, block);
  });
const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 5, arbitrary: head.map(begins) },
  {
    weight: 4,
    arbitrary: fc
      .tuple(fc.constantFrom(0, 0, END_STREAM), bytes)
      .map(([flags, data]) => goesOn((at) => frame(DATA, flags, at, data))),
  },
  {
    weight: 2,
    arbitrary: fc
      .constantFrom(0, 1, 2, 8)
      .map((code) => goesOn((at) => frame(RST_STREAM, 0, at, uint32(code)))),
  },
  { weight: 1, arbitrary: fc.constant(goesOn((at) => frame(WINDOW_UPDATE, 0, at, uint32(1000)))) },
  {
    weight: 1,
    arbitrary: fc.constant(
      goesOn((at) => frame(HEADERS, END_HEADERS | END_STREAM, at, headerBlock([["x-trailer", "1"]]))),
    ),
  },
  {
    weight: 1,
    arbitrary: fc
      .tuple(fc.integer({ min: 0, max: 12 }), fc.integer({ min: 0, max: 255 }), bytes)
      .map(([type, flags, data]) => goesOn((at) => frame(type, flags, at, data))),
  },
  { weight: 3, arbitrary: fc.constant(null) },
);

it("answers the next client, whatever one has sent, and keeps no request and no descriptor of it", async () => {
  const descriptors = (): number => readdirSync("/proc/self/fd").length;
  const before = descriptors();
  await fc.assert(
    fc.asyncProperty(fc.array(step, { minLength: 5, maxLength: 40 }), fc.boolean(), async (steps, reset) => {
      const client = await RawClient.open(bench.gateway.url);
      let last = -1;
      for (const [index, one] of steps.entries()) {
        if (client.closed) break;
        if (one === null) await new Promise((resolve) => setImmediate(resolve));
        else if (one.begins) client.send(one.make((last += 2)));
        // Any of those that were begun, the last ones most often.
        else if (last > 0) client.send(one.make(Math.max(1, last - 2 * (index % 3))));
      }
      if (reset) client.socket.resetAndDestroy();
      else client.socket.destroy();
      const next = await connect2(bench.gateway.url);
      const { status } = await send2(next, { ":path": `${prefix}/5` });
      next.destroy();
      expect(status).toBe(200);
    }),
    { numRuns: RUNS },
  );
  const inFlight = async (): Promise<string | undefined> => {
    const metrics = await (await fetch(`${bench.gateway.metricsUrl}/metrics`)).text();
    return /^sandgate_requests_in_flight (\d+)$/m.exec(metrics)?.[1];
  };
  await expect.poll(inFlight, { timeout: 25_000 }).toBe("0");
  // Kept connections to the sandbox are the pool's.
  await expect.poll(descriptors, { timeout: 25_000 }).toBeLessThanOrEqual(before + 2 * 64);
}, 120_000);
