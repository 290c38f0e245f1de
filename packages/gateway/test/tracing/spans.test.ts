import { afterEach, describe, expect, it } from "vitest";
import { openEcho, type Echo } from "../echo-support.ts";
import type { Bench } from "../support.ts";
import { CLIENT, openCollector, SERVER, type Span, type TestCollector } from "./collector.ts";

let bench: Bench;
let base: string;
let collector: TestCollector;

async function open(
  flags: Readonly<Record<string, unknown>> = {},
  handler?: Parameters<typeof openEcho>[0],
): Promise<void> {
  collector = await openCollector();
  ({ bench, base } = await openEcho(handler, { otlpEndpoint: collector.url, ...flags }));
}

afterEach(async () => {
  await bench.close();
  await collector.close();
});

/** Everything that was recorded: ending the gateway sends it. */
async function spansOf(): Promise<{ server: Span; client: Span | undefined }> {
  await bench.gateway.close();
  const { spans } = collector;
  const server = spans.find((span) => span.kind === SERVER);
  const client = spans.find((span) => span.kind === CLIENT);
  expect(spans).toHaveLength(client === undefined ? 1 : 2);
  return { server: server!, client };
}

const CALLER = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";

describe("spans", () => {
  it("tell of a request and of the sandbox's part, which is the parent of what the sandbox does", async () => {
    await open();
    const saw = (await (await fetch(`${base}/run?token=secret`)).json()) as Echo;
    const { server, client } = await spansOf();
    expect(saw.headers["traceparent"]).toBe(`00-${server.traceId}-${client?.spanId}-03`);
    expect(client).toMatchObject({ traceId: server.traceId, parentSpanId: server.spanId, status: {} });
    expect(server.parentSpanId).toBeUndefined();
    const { port } = new URL(bench.gateway.url);
    expect(server).toMatchObject({ name: "GET /{user}/{sandbox}/*", flags: 0x101, status: {} });
    expect(server.attributes).toEqual({
      "http.request.method": "GET",
      "url.path": `/alice/box:${bench.backendPort}/run`,
      "url.scheme": "http",
      "url.query": "REDACTED",
      "http.route": "/{user}/{sandbox}/*",
      "http.response.status_code": 200,
      "server.address": "127.0.0.1",
      "server.port": Number(port),
      "client.address": "127.0.0.1",
      "network.protocol.version": "1.1",
      "sandgate.user": "alice",
      "sandgate.sandbox": "box",
      "sandgate.caller": "operator",
      "sandgate.entry": "gateway",
      "sandgate.request_id": saw.headers["x-request-id"],
    });
    expect(client?.attributes).toEqual({
      "http.request.method": "GET",
      "http.response.status_code": 200,
      "server.address": "127.0.0.1",
      "server.port": bench.backendPort,
      "network.peer.address": "127.0.0.1",
      "network.peer.port": bench.backendPort,
      "sandgate.user": "alice",
      "sandgate.sandbox": "box",
      "sandgate.connection_reused": false,
    });
    expect(JSON.stringify(collector.batches)).not.toContain("secret");
  });

  it("have times that fit each other and the clock", async () => {
    await open();
    const before = BigInt(Date.now() - 50) * 1_000_000n;
    await (await fetch(`${base}/`)).text();
    const { server, client } = await spansOf();
    const after = BigInt(Date.now() + 50) * 1_000_000n;
    expect(server.events.map((one) => one.name)).toEqual(["sandgate.decided"]);
    expect(client?.events.map((one) => one.name)).toEqual(["sandgate.connected", "sandgate.first_byte"]);
    const times = [
      before,
      server.startTimeUnixNano,
      client!.startTimeUnixNano,
      ...client!.events.map((one) => one.timeUnixNano),
      client!.endTimeUnixNano,
      after,
    ].map(BigInt);
    expect(times.toSorted((a, b) => (a < b ? -1 : a > b ? 1 : 0))).toEqual(times);
  });

  it("go on in the caller's trace, whose state goes on as it came", async () => {
    await open();
    const headers = { traceparent: CALLER, tracestate: "one=1, two=2" };
    const saw = (await (await fetch(`${base}/`, { headers })).json()) as Echo;
    const { server, client } = await spansOf();
    expect(server).toMatchObject({
      traceId: "4bf92f3577b34da6a3ce929d0e0e4736",
      parentSpanId: "00f067aa0ba902b7",
      flags: 0x301,
    });
    expect(saw.headers["traceparent"]).toBe(`00-${server.traceId}-${client?.spanId}-01`);
    expect(saw.headers["tracestate"]).toBe("one=1, two=2");
  });
});
