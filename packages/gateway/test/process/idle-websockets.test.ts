/** Thousands of WebSockets that say nothing for a while: 2,000 here, 10,000 in the full run, or as many as the system lets a process have. */
import { readFileSync } from "node:fs";
import { fork, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { startGatewayProcess, type GatewayProcess, type Measured } from "./gateway-process.ts";
import type { IdleOrder, IdleReply } from "./idle-child.ts";

const full = process.env["SANDGATE_TEST_FULL"] === "1";
const WANTED = full ? 10_000 : 2_000;
/** Two descriptors for each of them in the gateway, and some more; Node.js takes as many as the hard limit lets it. */
const COUNT = Math.min(WANTED, Math.floor((hardLimit() - 200) / 2));
/** Of the gateway's memory, for each WebSocket. */
const MOST_BYTES_EACH = 16 * 1024;
/** What may be left of all of them together: tables that have grown and stay so, and code that was compiled meanwhile. */
const MOST_LEFT = 4 * 1024 * 1024;
const TIMEOUT_MS = 300_000;

if (COUNT < WANTED)
  process.stderr.write(
    `only ${COUNT} of ${WANTED} idle WebSockets: a process may have ${hardLimit()} descriptors here (ulimit -Hn)\n`,
  );

describe(`${COUNT} idle WebSockets`, { timeout: TIMEOUT_MS }, () => {
  let gateway: GatewayProcess;
  let ends: ChildProcess;
  let before: Measured;
  const tell = async (order: IdleOrder): Promise<IdleReply> => {
    const reply = once(ends, "message") as Promise<[IdleReply]>;
    ends.send(order);
    const ended = once(ends, "exit").then(() => Promise.reject(new Error("the WebSockets' process ended")));
    return (await Promise.race([reply, ended]))[0];
  };

  beforeAll(async () => {
    gateway = await startGatewayProcess();
    ends = fork(join(import.meta.dirname, "idle-child.ts"));
    // What is opened, compiled and kept once.
    await tell({ kind: "open", url: gateway.url, count: 200 });
    await tell({ kind: "exchange" });
    await tell({ kind: "close" });
    await gateway.metric("sandgate_requests_in_flight");
    before = await gateway.measure(true);
  });
  afterAll(async () => {
    ends.disconnect();
    await gateway.close();
  });

  it("are all opened, in little memory each", async () => {
    expect(await tell({ kind: "open", url: gateway.url, count: COUNT })).toMatchObject({ open: COUNT });
    expect(await gateway.metric('sandgate_tunnels_open{protocol="websocket"}')).toBe(COUNT);
    const open = await gateway.measure(true);
    expect(open.fds).toBe(before.fds + 2 * COUNT);
    const each = (open.rss - before.rss) / COUNT;
    process.stderr.write(`idle WebSockets: ${Math.round(each)} bytes of the gateway's memory each\n`);
    expect(each).toBeLessThan(MOST_BYTES_EACH);
  });

  it("carry a message each afterwards, and it comes back to the right one", async () => {
    expect(await tell({ kind: "exchange" })).toEqual({ open: COUNT, right: COUNT });
  });

  it("leave nothing when they are closed", async () => {
    await tell({ kind: "close" });
    await expect.poll(async () => (await gateway.measure(true)).fds, { timeout: 60_000 }).toBe(before.fds);
    expect(await gateway.metric("sandgate_requests_in_flight")).toBe(0);
    const { heapUsed, external } = await gateway.measure(true);
    expect(heapUsed + external - before.heapUsed - before.external).toBeLessThan(MOST_LEFT);
  });
});

function hardLimit(): number {
  const line = /^Max open files +\S+ +(\S+)/m.exec(readFileSync("/proc/self/limits", "utf8"));
  return line?.[1] === "unlimited" ? Infinity : Number(line?.[1]);
}
