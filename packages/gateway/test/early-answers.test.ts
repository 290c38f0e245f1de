/** Answers that begin before their request is complete, and go on while it does: bytes flow both ways at once. */
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { openRawBench, type Peer, type RawBench } from "./raw-support.ts";

let raw: RawBench;
let client: Peer;
beforeEach(async () => {
  raw = await openRawBench();
  client = await raw.client();
});
afterEach(async () => {
  vi.useRealTimers();
  await raw.close();
});

const POST = (): string => `POST ${raw.prefix}/ HTTP/1.1\r\nHost: 127.0.0.1\r\n`;
const CHUNKED = "Transfer-Encoding: chunked\r\n\r\n";

/** A request whose answer has begun. */
async function begin(framing = CHUNKED): Promise<Peer> {
  client.write(POST() + framing);
  const sandbox = await raw.sandbox();
  await sandbox.untilText("\r\n\r\n");
  sandbox.take();
  sandbox.write(`HTTP/1.1 200 OK\r\n${CHUNKED}`);
  await client.untilText("\r\n\r\n");
  client.take();
  return sandbox;
}

describe("an answer that begins before its request is complete", () => {
  it("goes on in turn with the request, and both connections bring another", async () => {
    const sandbox = await begin();
    for (const [question, answer] of [
      ["3\r\none\r\n", "3\r\nONE\r\n"],
      ["5\r\nthree\r\n", "5\r\nTHREE\r\n"],
    ] as const) {
      client.write(question);
      await sandbox.untilText(question);
      sandbox.take();
      sandbox.write(answer);
      await client.untilText(answer);
      client.take();
    }
    client.write("0\r\n\r\n");
    await sandbox.untilText("0\r\n\r\n");
    sandbox.write("0\r\n\r\n");
    await client.untilText("0\r\n\r\n");
    client.take();
    sandbox.take();
    client.write(`GET ${raw.prefix}/next HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n`);
    await sandbox.untilText("GET /next");
    expect(raw.dialled).toBe(1);
  });

  it("goes on where the request has a length", async () => {
    const sandbox = await begin("Content-Length: 6\r\n\r\n");
    sandbox.write("2\r\nab\r\n");
    await client.untilText("ab");
    client.write("one");
    await sandbox.untilText("one");
    client.write("two");
    await sandbox.untilText("onetwo");
    sandbox.write("0\r\n\r\n");
    await client.untilText("0\r\n\r\n");
    expect(client.ended).toBe(false);
  });

  it("may be complete before it, and then both connections end", async () => {
    const sandbox = await begin();
    client.write("3\r\none\r\n");
    await sandbox.untilText("one");
    sandbox.write("0\r\n\r\n");
    await client.until(({ ended }) => ended);
    expect(client.text).toBe("0\r\n\r\n");
    await sandbox.until(({ closed, ended }) => closed || ended);
  });

  it("may pause as long as any once the request is complete", async () => {
    const idleMs = 300_000;
    vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout", "performance"] });
    // Its timer is one of those that the test moves.
    client = await raw.client();
    const sandbox = await begin();
    client.write("3\r\none\r\n");
    await sandbox.untilText("one");
    vi.advanceTimersByTime(idleMs - 1_000);
    client.write("0\r\n\r\n");
    await sandbox.untilText("0\r\n\r\n");
    vi.advanceTimersByTime(idleMs - 1_000);
    sandbox.write("4\r\nlate\r\n0\r\n\r\n");
    await client.untilText("late\r\n0\r\n\r\n");
  });

  it("holds up neither way by the other: a client that takes nothing still sends", async () => {
    const sandbox = await begin();
    client.socket.pause();
    const piece = "x".repeat(64 * 1024);
    let full = false;
    while (!full) {
      full = !sandbox.socket.write(`10000\r\n${piece}\r\n`, "latin1");
      await new Promise((resolve) => setImmediate(resolve));
    }
    client.write("3\r\none\r\n");
    await sandbox.untilText("one");
    client.socket.resume();
  });
});
