/** The page of metrics as a scraper reads it, after requests that really went through. */
import { once } from "node:events";
import { writeFile } from "node:fs/promises";
import { connect as connectHttp2 } from "node:http2";
import { connect, createServer, type AddressInfo, type Socket } from "node:net";
import { afterEach, describe, expect, it } from "vitest";
import { WebSocket, WebSocketServer } from "ws";
import { METRICS } from "../src/metrics/metric-table.ts";
import { readPrometheusText } from "./prometheus-text.ts";
import { entry, openBench, raw, writeKeys, type Bench } from "./support.ts";

let bench: Bench;
afterEach(async () => {
  await bench.close();
});

/** A loaded machine takes its time; what is waited for comes, or the test fails. */
const SOON = { timeout: 10_000 };

/** The samples of one metric by their labels. */
async function samples(name: keyof typeof METRICS): Promise<Record<string, number>> {
  const answer = await fetch(`${bench.gateway.metricsUrl}/metrics`);
  expect(answer.headers.get("content-type")).toBe("text/plain; version=0.0.4; charset=utf-8");
  return Object.fromEntries(readPrometheusText(await answer.text()).get(name)!.samples);
}

async function open(
  handler: Parameters<typeof openBench>[0],
  flags: Readonly<Record<string, unknown>> = {},
): Promise<void> {
  bench = await openBench(handler, { metricsPort: 0, ...flags });
  bench.routes.put("alice-box", entry("alice", "box"));
}

const at = (path: string): string => `${bench.gateway.url}/alice/box:${bench.backendPort}${path}`;

async function get(url: string): Promise<number> {
  const answer = await fetch(url);
  await answer.arrayBuffer();
  return answer.status;
}

describe("metrics of requests", () => {
  it("count them by class, and those that reached a sandbox by sandbox", async () => {
    await open((request, response) => response.writeHead(request.url === "/bad" ? 503 : 200).end());
    for (const path of ["/", "/", "/bad"]) await get(at(path));
    await get(`${bench.gateway.url}/alice/none/`);
    expect(await samples("sandgate_requests_total")).toEqual({
      'code="2xx"': 2,
      'code="3xx"': 0,
      'code="4xx"': 1,
      'code="5xx"': 1,
    });
    expect(await samples("sandgate_sandbox_requests_total")).toEqual({
      'code="2xx",sandbox="box",user="alice"': 2,
      'code="5xx",sandbox="box",user="alice"': 1,
    });
    expect(await samples("sandgate_errors_total")).toMatchObject({
      'error="SANDBOX_NOT_FOUND"': 1,
      'error="INTERNAL"': 0,
    });
  });

  it("put the sandboxes beyond metricsSandboxes together, and name none with 0", async () => {
    await open((_, response) => response.end(), { metricsSandboxes: 1 });
    bench.routes.put("alice-more", entry("alice", "more"));
    await get(at("/"));
    await get(at("/").replace("box", "more"));
    expect(await samples("sandgate_sandbox_requests_total")).toEqual({
      'code="2xx",sandbox="box",user="alice"': 1,
      'code="2xx",sandbox="other",user=""': 1,
    });
    await bench.close();
    await open((_, response) => response.end(), { metricsSandboxes: 0 });
    await get(at("/"));
    expect(await samples("sandgate_sandbox_requests_total")).toEqual({});
  });

  it("time each phase: a kept connection has no connect, and a refused request nothing but its whole", async () => {
    await open((_, response) => response.end("done"));
    await raw(
      bench.gateway.url,
      `GET /alice/box:${bench.backendPort}/ HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n`.repeat(2) +
        "GET /alice/none/ HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n",
    );
    const counts = await samples("sandgate_phase_duration_seconds");
    expect(counts).toMatchObject({
      '_count phase="decide"': 2,
      '_count phase="connect"': 1,
      '_count phase="first_byte"': 2,
    });
    const whole = await samples("sandgate_request_duration_seconds");
    expect(whole["_count"]).toBe(3);
    expect(whole["_sum"]).toBeGreaterThan(
      ["decide", "connect", "first_byte"].reduce(
        (sum, one) => sum + (counts[`_sum phase="${one}"`] ?? 0),
        0,
      ) * 0.99,
    );
  });

  it("count what a client leaves in the middle, and nothing is under way after it", async () => {
    const arrived = Promise.withResolvers<void>();
    await open(() => arrived.resolve());
    const { port, hostname } = new URL(bench.gateway.url);
    const client = connect(Number(port), hostname);
    client.write(`GET /alice/box:${bench.backendPort}/ HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n`);
    await arrived.promise;
    expect(await samples("sandgate_requests_in_flight")).toEqual({ "": 1 });
    client.resetAndDestroy();
    await expect.poll(() => samples("sandgate_requests_in_flight"), SOON).toEqual({ "": 0 });
    expect(await samples("sandgate_errors_total")).toMatchObject({ 'error="CLIENT_GONE"': 1 });
  });
});

describe("metrics of tunnels", () => {
  it("tell how many are open by protocol, and how long they were once they end", async () => {
    await open((_, response) => response.end());
    const server = new WebSocketServer({ server: bench.backend });
    server.on("connection", (peer) => peer.on("message", (data) => peer.send(data)));
    const client = new WebSocket(at("/").replace("http", "ws"));
    await once(client, "open");
    expect(await samples("sandgate_tunnels_open")).toEqual({
      'protocol="websocket"': 1,
      'protocol="other"': 0,
    });
    client.send("x".repeat(1000));
    await once(client, "message");
    expect((await samples("sandgate_client_bytes_total"))['direction="in"']).toBeGreaterThan(1000);
    client.close();
    await once(client, "close");
    await expect
      .poll(() => samples("sandgate_tunnels_open"), SOON)
      .toEqual({ 'protocol="websocket"': 0, 'protocol="other"': 0 });
    expect(await samples("sandgate_tunnel_duration_seconds")).toMatchObject({
      '_count protocol="websocket"': 1,
      '_count protocol="other"': 0,
    });
    expect((await samples("sandgate_request_duration_seconds"))["_count"]).toBe(0);
    expect(await samples("sandgate_requests_total")).toMatchObject({ 'code="1xx"': 1 });
    server.close();
  });
});

describe("metrics of connections", () => {
  it("count clients' connections and every byte of them, while they are open and after", async () => {
    const body = "y".repeat(100_000);
    await open((_, response) => response.end(body), { routerPort: 0 });
    const request = `GET /alice/box:${bench.backendPort}/ HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n`;
    const { port, hostname } = new URL(bench.gateway.url);
    const client = connect(Number(port), hostname);
    let bytes = 0;
    const all = Promise.withResolvers<void>();
    client.on("data", (chunk: Buffer) => {
      bytes += chunk.length;
      if (bytes >= body.length && chunk.at(-1) === 121) all.resolve();
    });
    client.write(request);
    await all.promise;
    const carried = { 'direction="in"': request.length, 'direction="out"': bytes };
    expect(await samples("sandgate_client_bytes_total")).toEqual(carried);
    expect(await samples("sandgate_connections_open")).toEqual({
      'listener="gateway"': 1,
      'listener="router"': 0,
    });
    client.end();
    await expect
      .poll(() => samples("sandgate_connections_open"), SOON)
      .toEqual({ 'listener="gateway"': 0, 'listener="router"': 0 });
    expect(await samples("sandgate_client_bytes_total")).toEqual(carried);
    expect(await samples("sandgate_connections_total")).toEqual({
      'listener="gateway"': 1,
      'listener="router"': 0,
    });
  });

  it("count requests of HTTP/2 by the one connection that carries them", async () => {
    const body = "z".repeat(50_000);
    await open((_, response) => response.end(body));
    const session = connectHttp2(bench.gateway.url);
    for (let time = 0; time < 3; time++) {
      const stream = session.request({ ":path": `/alice/box:${bench.backendPort}/` });
      stream.resume();
      await once(stream, "end");
    }
    expect(await samples("sandgate_connections_open")).toEqual({ 'listener="gateway"': 1 });
    const out = (await samples("sandgate_client_bytes_total"))['direction="out"'];
    expect(out).toBeGreaterThan(3 * body.length);
    expect(out).toBeLessThan(3 * body.length + 5_000);
    session.close();
    await expect.poll(() => samples("sandgate_connections_open"), SOON).toEqual({ 'listener="gateway"': 0 });
    expect((await samples("sandgate_client_bytes_total"))['direction="out"']).toBeGreaterThanOrEqual(
      out ?? 0,
    );
    expect(await samples("sandgate_requests_total")).toMatchObject({ 'code="2xx"': 3 });
  });

  it("tell connections to sandboxes that are busy from those that wait, and forget them when they end", async () => {
    const arrived = Promise.withResolvers<() => void>();
    await open((_, response) => arrived.resolve(() => response.end()));
    const answer = get(at("/"));
    const finish = await arrived.promise;
    expect(await samples("sandgate_upstream_connections")).toEqual({ 'state="busy"': 1, 'state="idle"': 0 });
    finish();
    await answer;
    expect(await samples("sandgate_upstream_connections")).toEqual({ 'state="busy"': 0, 'state="idle"': 1 });
    bench.backend.closeAllConnections();
    await expect
      .poll(() => samples("sandgate_upstream_connections"), SOON)
      .toEqual({ 'state="busy"': 0, 'state="idle"': 0 });
    expect(await samples("sandgate_dials_total")).toEqual({ "": 1 });
  });

  it("count dials that fail by their reason", async () => {
    await open((_, response) => response.end());
    const closed = createServer().listen(0, "127.0.0.1");
    await once(closed, "listening");
    const { port } = closed.address() as AddressInfo;
    closed.close();
    await once(closed, "close");
    expect(await get(`${bench.gateway.url}/alice/box:${port}/`)).toBe(502);
    expect(await samples("sandgate_dial_failures_total")).toMatchObject({
      'reason="refused"': 1,
      'reason="timeout"': 0,
    });
    expect(await samples("sandgate_upstream_connections")).toEqual({ 'state="busy"': 0, 'state="idle"': 0 });
  });

  it("count the request that is sent once more", async () => {
    await open((_, response) => response.end());
    const sockets: Socket[] = [];
    let requests = 0;
    const sandbox = createServer((socket) => {
      sockets.push(socket);
      socket.on("data", () => {
        // The second one on this connection is not answered: it ends.
        if (++requests === 2) socket.destroy();
        else socket.write("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
      });
    }).listen(0, "127.0.0.1");
    await once(sandbox, "listening");
    const url = `${bench.gateway.url}/alice/box:${(sandbox.address() as AddressInfo).port}/`;
    expect([await get(url), await get(url)]).toEqual([200, 200]);
    expect(await samples("sandgate_repeats_total")).toEqual({ "": 1 });
    expect(await samples("sandgate_dials_total")).toEqual({ "": 2 });
    for (const socket of sockets) socket.destroy();
    sandbox.close();
  });
});

describe("metrics of what the gateway knows", () => {
  it("tell sandboxes by state, those without an address among them, and how old the news is", async () => {
    await open((_, response) => response.end());
    const stopped = entry("alice", "off");
    stopped.state = { state: "Suspended", reason: "", message: "" };
    bench.routes.put("alice-off", stopped);
    const younger = entry("alice", "box");
    younger.sandbox = { ...younger.sandbox, uid: "another", namespace: "elsewhere", createdAtMs: 2 };
    bench.routes.put("another", younger);
    bench.health.syncedAtMs = 5_000;
    expect(await samples("sandgate_routes")).toEqual({
      'state="Ready"': 1,
      'state="Suspended"': 1,
      'state="Conflict"': 1,
    });
    expect(await samples("sandgate_routes_synced_timestamp_seconds")).toEqual({ "": 5 });
    bench.health.synced = false;
    expect(await samples("sandgate_routes_synced")).toEqual({ "": 0 });
  });

  it("count the files of keys that could be read again and those that could not", async () => {
    const apiKeys = await writeKeys({ alice: "key" });
    await open((_, response) => response.end(), { apiKeys });
    const result = (): Promise<Record<string, number>> => samples("sandgate_reloads_total");
    expect(await result()).toEqual({
      'result="ok",what="api_keys"': 0,
      'result="failed",what="api_keys"': 0,
    });
    await writeFile(apiKeys, "no list");
    await expect.poll(result, SOON).toMatchObject({ 'result="failed",what="api_keys"': 1 });
  });

  it("tell of the process and of what runs in it", async () => {
    await open((_, response) => response.end());
    const [build] = Object.keys(await samples("sandgate_build_info"));
    expect(build).toMatch(new RegExp(`^node="${process.versions.node}",version="\\d+\\.\\d+\\.\\d+"$`));
    for (const name of ["process_resident_memory_bytes", "nodejs_heap_size_used_bytes"] as const)
      expect((await samples(name))[""]).toBeGreaterThan(1_000_000);
    for (const name of ["process_cpu_user_seconds_total", "process_start_time_seconds"] as const)
      expect((await samples(name))[""]).toBeGreaterThan(0);
    expect((await samples("nodejs_eventloop_lag_p99_seconds"))[""]).toBeGreaterThanOrEqual(0);
  });
});
