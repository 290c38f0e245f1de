/** A real browser chooses HTTP/2 where it is offered, and takes its WebSockets along. */
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import type { IncomingHttpHeaders } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Browser } from "playwright-core";
import { afterAll, beforeAll, expect, it } from "vitest";
import { WebSocketServer } from "ws";
import { issueCertificate } from "../../packages/gateway/test/certificate-support.ts";
import { entry, openBench, type Bench } from "../../packages/gateway/test/support.ts";
import { openBrowser } from "./support/browser.ts";

let folder: string;
let bench: Bench;
let sockets: WebSocketServer;
let browser: Browser;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "sandgate-browser-h2-"));
  const pair = await issueCertificate(folder, "one", ["*.localhost", "localhost"]);
  bench = await openBench(
    (request, response) => {
      response.setHeader("content-type", "text/html");
      response.end(request.url === "/many" ? "x".repeat(10_000) : "<!doctype html><title>by h2</title>");
    },
    { tlsCert: pair.cert, tlsKey: pair.key, publicUrl: "https://localhost", metricsPort: 0 },
  );
  bench.routes.put("alice-box", entry("alice", "box"));
  sockets = new WebSocketServer({ server: bench.backend });
  browser = await openBrowser("localhost");
});
afterAll(async () => {
  await browser.close();
  sockets.close();
  await bench.close();
  rmSync(folder, { recursive: true });
});

// Run in the page.
const FETCH_HUNDRED = `(async () => {
  const answers = Array.from({ length: 100 }, async () => (await (await fetch("/many")).text()).length);
  if ((await Promise.all(answers)).some((length) => length !== 10_000)) return ["short answers"];
  const entries = [...performance.getEntriesByType("navigation"), ...performance.getEntriesByType("resource")];
  return [...new Set(entries.map((one) => one.nextHopProtocol))];
})()`;
const ECHO = `new Promise((resolve, reject) => {
  const socket = new WebSocket("wss://" + location.host + "/echo");
  socket.onopen = () => socket.send("hello");
  socket.onmessage = ({ data }) => resolve(data);
  socket.onerror = () => reject(new Error("no WebSocket"));
})`;

/** Connections that clients have opened so far. */
async function connections(): Promise<number> {
  const metrics = await (await fetch(`${bench.gateway.metricsUrl}/metrics`)).text();
  const counts = [...metrics.matchAll(/^sandgate_connections_total\{[^}]*\} (\d+)$/gm)].map(([, count]) =>
    Number(count),
  );
  return counts.reduce((sum, count) => sum + count, 0);
}

it("a page, a hundred requests of it and a WebSocket come by HTTP/2, the WebSocket on the connection that is there", async () => {
  const context = await browser.newContext({ ignoreHTTPSErrors: true });
  const page = await context.newPage();
  const { port } = new URL(bench.gateway.url);
  await page.goto(`https://${bench.backendPort}--box--alice.localhost:${port}/`);
  expect(await page.title()).toBe("by h2");
  const protocols = await page.evaluate(FETCH_HUNDRED);
  expect(protocols).toEqual(["h2"]);
  const before = await connections();
  expect(before).toBeGreaterThan(0);
  const arrived = once(sockets, "connection") as Promise<[unknown, { headers: IncomingHttpHeaders }]>;
  const echoed = page.evaluate(ECHO);
  sockets.once("connection", (peer) => {
    peer.on("message", (data: Buffer) => peer.send(data.toString()));
  });
  const [, { headers }] = await arrived;
  expect(await echoed).toBe("hello");
  expect(headers["x-forwarded-proto"]).toBe("https");
  expect(await connections()).toBe(before);
  await context.close();
});
