import { once } from "node:events";
import { WebSocket, WebSocketServer } from "ws";
import { afterEach, describe, expect, it } from "vitest";
import { openEcho, type Echo } from "../echo-support.ts";
import { connect2, send2 } from "../http2/h2-support.ts";
import { writeKeys, type Bench } from "../support.ts";
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

  it("are errors where the gateway or the sandbox failed, and not where the client did", async () => {
    await open({}, (request, response) => {
      if (request.url === "/cut") {
        response.writeHead(200, { "content-length": "10" });
        response.write("half", () => response.destroy());
      } else response.writeHead(Number(request.url?.slice(1))).end();
    });
    for (const path of ["500", "404"]) await (await fetch(`${base}/${path}`)).text();
    await expect((await fetch(`${base}/cut`)).text()).rejects.toThrow();
    await (await fetch(`${bench.gateway.url}/alice/none/`)).text();
    await (await fetch(`${bench.gateway.url}/alice/box:1/`)).text();
    await bench.gateway.close();
    const told = collector.spans.map(({ kind, status, attributes }) => [
      kind === SERVER ? "server" : "client",
      attributes["http.response.status_code"],
      attributes["sandgate.error"],
      attributes["error.type"],
      status.code,
    ]);
    expect(told).toEqual([
      ["server", 500, undefined, "500", 2],
      ["client", 500, undefined, "500", 2],
      ["server", 404, undefined, undefined, undefined],
      ["client", 404, undefined, undefined, undefined],
      ["server", 200, "BROKEN", "BROKEN", 2],
      ["client", 200, undefined, "BROKEN", 2],
      ["server", 404, "SANDBOX_NOT_FOUND", undefined, undefined],
      ["server", 502, "REFUSED", "REFUSED", 2],
      ["client", undefined, undefined, "REFUSED", 2],
    ]);
  });

  it("say that a connection was kept, and have no event for what did not happen", async () => {
    await open();
    await (await fetch(`${base}/`)).text();
    await (await fetch(`${base}/`)).text();
    await bench.gateway.close();
    const [first, second] = collector.spans.filter((span) => span.kind === CLIENT);
    expect(first?.attributes["sandgate.connection_reused"]).toBe(false);
    expect(second?.attributes["sandgate.connection_reused"]).toBe(true);
    expect(second?.events.map((one) => one.name)).toEqual(["sandgate.first_byte"]);
  });

  it("of a WebSocket end when it ends", async () => {
    await open();
    const sockets = new WebSocketServer({ server: bench.backend });
    const socket = new WebSocket(`${base.replace("http", "ws")}/ws`);
    await once(socket, "open");
    socket.send("there");
    const [server] = [...sockets.clients];
    await once(server!, "message");
    const endingMs = Date.now();
    expect(collector.spans).toEqual([]);
    socket.close();
    await once(socket, "close");
    const spans = await spansOf();
    sockets.close();
    for (const span of [spans.server, spans.client!]) {
      expect(span.attributes["http.response.status_code"]).toBe(101);
      expect(BigInt(span.endTimeUnixNano)).toBeGreaterThan(BigInt(endingMs - 50) * 1_000_000n);
      expect(span.status).toEqual({});
    }
  });

  it("hold no key, cookie, query or body", async () => {
    const apiKeys = await writeKeys({ alice: "hidden-key" });
    await open({ apiKeys });
    const headers = { authorization: "Bearer hidden-key", cookie: "hidden=1", "x-hidden": "hidden" };
    const saw = await (
      await fetch(`${base}/run?hidden=1`, { method: "POST", body: "hidden", headers })
    ).json();
    expect((saw as Echo).body).toBe("hidden");
    await (await fetch(`${base}/`, { headers: { "sandgate-key": "hidden-too" } })).text();
    await bench.gateway.close();
    expect(collector.spans.map((span) => span.attributes["sandgate.caller"])).toEqual([
      "alice",
      undefined,
      undefined,
    ]);
    expect(collector.batches.map((batch) => batch.text).join("")).not.toContain("hidden");
  });

  it("are of unknown methods by no name of the caller's choice", async () => {
    await open();
    await (await fetch(`${base}/`, { method: "MAKE-UP" })).text();
    const { server } = await spansOf();
    expect(server.name).toBe("HTTP /{user}/{sandbox}/*");
    expect(server.attributes).toMatchObject({
      "http.request.method": "_OTHER",
      "http.request.method_original": "MAKE-UP",
    });
  });

  it("are not of the pages that load balancers ask for", async () => {
    await open();
    for (const path of ["/health", "/healthz", "/readyz"])
      await (await fetch(bench.gateway.url + path)).text();
    await bench.gateway.close();
    expect(collector.spans).toEqual([]);
  });

  it("of requests by HTTP/2 go the same way, each stream with its own trace", async () => {
    await open();
    const session = await connect2(bench.gateway.url);
    const { pathname } = new URL(`${base}/`);
    const answers = [
      await send2(session, { ":path": pathname }),
      await send2(session, { ":path": pathname, traceparent: CALLER }),
    ];
    session.destroy();
    await bench.gateway.close();
    const servers = collector.spans.filter((span) => span.kind === SERVER);
    const saw = answers.map(({ body }) =>
      (JSON.parse(body.toString()) as Echo).headers["traceparent"]?.slice(3, 35),
    );
    expect(servers.map((span) => span.traceId)).toEqual(saw);
    expect(saw[1]).toBe(CALLER.slice(3, 35));
    for (const span of servers) expect(span.attributes["network.protocol.version"]).toBe("2");
  });

  it("are counted in the metrics", async () => {
    await open({ metricsPort: 0 });
    // More than there will be batches: where the machine is slow there are several.
    collector.answers.push(...Array.from({ length: 600 }, () => ({ status: 400 })));
    await Promise.all(Array.from({ length: 256 }, async () => (await fetch(`${base}/`)).text()));
    const page = async (): Promise<string> => (await fetch(`${bench.gateway.metricsUrl}/metrics`)).text();
    await expect.poll(page, { timeout: 25_000 }).toContain('sandgate_spans_total{result="dropped"} 512\n');
    expect(await page()).toContain('sandgate_spans_total{result="sent"} 0\n');
  });

  it("come with the headers and the name that are configured", async () => {
    await open({ otlpHeaders: "api-key=a%20b", otlpServiceName: "front door" });
    await (await fetch(`${base}/`)).text();
    await bench.gateway.close();
    const [batch] = collector.batches;
    expect(batch).toMatchObject({
      path: "/v1/traces",
      headers: { "api-key": "a b", "content-type": "application/json" },
      resource: { "service.name": "front door", "service.version": "0.1.0" },
    });
  });
});
