/** How long a connection to a sandbox that speaks HTTP/2 is kept, and how a dead one is told from a quiet one. */
import { once } from "node:events";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import {
  END_STREAM,
  openFrameServer,
  type Frame,
  type FrameConnection,
  type FrameServer,
} from "./frames-support.ts";
import { openH2cBench, type H2cBench } from "./h2c-support.ts";

const PING = 6;
const ACK = 1;
const QUIET_MS = 11_000;

let box: H2cBench;
let server: FrameServer;
/** The sandbox answers pings. */
let answersPings: boolean;
beforeEach(async () => {
  vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout", "performance"] });
  answersPings = true;
  box = await openH2cBench(() => {}, { flags: { metricsPort: 0 } });
  server = await openFrameServer((connection, id) => {
    connection.headers(id, [":status", "200"]);
    connection.data(id, "hello", END_STREAM);
  });
});
afterEach(async () => {
  vi.useRealTimers();
  server.close();
  await box.close();
});

/** Asks once, and lets the sandbox do its part about pings. */
async function ask(): Promise<void> {
  const answer = await fetch(`${box.bench.gateway.url}/alice/box:${server.port}/`);
  expect(await answer.text()).toBe("hello");
  for (const connection of server.connections)
    for (const ping of pingsOf(connection)) answerTo(connection, ping);
}

function pingsOf({ frames }: FrameConnection): Frame[] {
  return frames.filter(({ type, flags }) => type === PING && flags === 0);
}

const answered = new WeakSet<Frame>();
function answerTo(connection: FrameConnection, ping: Frame): void {
  if (!answersPings || answered.has(ping)) return;
  answered.add(ping);
  connection.send(PING, ACK, 0, ping.payload);
}

describe("a connection to a sandbox that speaks HTTP/2", () => {
  it("is kept for a minute after its last request", async () => {
    await ask();
    vi.advanceTimersByTime(59_000);
    await ask();
    vi.advanceTimersByTime(59_000);
    await ask();
    expect(server.connections).toHaveLength(1);
    const [connection] = server.connections;
    const ended = once(connection!.socket, "end");
    vi.advanceTimersByTime(61_000);
    await ended;
    await ask();
    expect(server.connections).toHaveLength(2);
  });

  it("counts as one connection, however many requests it carries", async () => {
    const counted = async (): Promise<string[]> => {
      const text = await (await fetch(`${box.bench.gateway.metricsUrl}/metrics`)).text();
      return text.match(/^sandgate_(?:dials_total|upstream_connections\{.*\}) .*$/gm) ?? [];
    };
    await Promise.all([ask(), ask(), ask()]);
    const state = (idle: number): string[] => [
      'sandgate_upstream_connections{state="busy"} 0',
      `sandgate_upstream_connections{state="idle"} ${idle}`,
      "sandgate_dials_total 1",
    ];
    await expect.poll(counted).toEqual(state(1));
    vi.advanceTimersByTime(61_000);
    await expect.poll(counted).toEqual(state(0));
  });

  it("is pinged with a request that comes after a pause, and not otherwise", async () => {
    await ask();
    await ask();
    expect(pingsOf(server.connections[0]!)).toHaveLength(0);
    vi.advanceTimersByTime(QUIET_MS);
    await ask();
    await ask();
    expect(pingsOf(server.connections[0]!)).toHaveLength(1);
  });

  it("that does not answer a ping is left to the requests that it has", async () => {
    answersPings = false;
    await ask();
    vi.advanceTimersByTime(QUIET_MS);
    await ask();
    vi.advanceTimersByTime(6_000);
    await ask();
    expect(server.connections).toHaveLength(2);
    // A late answer is one.
    answersPings = true;
    const [first] = server.connections;
    answerTo(first!, pingsOf(first!)[0]!);
    await expect
      .poll(async () => {
        const before = first!.frames.length;
        await ask();
        return first!.frames.length > before;
      })
      .toBe(true);
  });
});
