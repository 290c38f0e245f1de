/** What a client may do to a connection of HTTP/2, and what ends it. */
import type { ServerResponse } from "node:http";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { entry, openBench, type Bench } from "../support.ts";
import {
  ACK,
  CONTINUATION,
  DATA,
  END_HEADERS,
  END_STREAM,
  frame,
  GOAWAY,
  headerBlock,
  HEADERS,
  PING,
  RawClient,
  RST_STREAM,
  SETTINGS,
  uint32,
} from "./frames.ts";

/** Until the test's own time is over: how fast this machine is does not matter. */
const POLL = { timeout: 25_000 } as const;

let bench: Bench;
let waiting: ServerResponse[];
let prefix: string;
let client: RawClient;

beforeEach(async () => {
  waiting = [];
  bench = await openBench((request, response) => {
    if (request.url === "/wait") waiting.push(response);
    else response.end("ok");
  });
  bench.routes.put("alice-box", entry("alice", "box"));
  prefix = `/alice/box:${bench.backendPort}`;
  client = await RawClient.open(bench.gateway.url);
});

afterEach(async () => {
  client.socket.destroy();
  await bench.close();
});

const head = (stream: number, path: string, flags = END_HEADERS | END_STREAM): Buffer =>
  frame(
    HEADERS,
    flags,
    stream,
    headerBlock([
      [":method", "GET"],
      [":scheme", "http"],
      [":authority", "127.0.0.1"],
      [":path", prefix + path],
    ]),
  );

/** How we end the connection: the code, and how many streams were taken. */
async function ending(): Promise<{ code: number; streams: number } | null> {
  const last = await client.wait(({ type, payload }) => type === GOAWAY && payload.readUInt32BE(4) !== 0);
  if (last === null) return null;
  return { code: last.payload.readUInt32BE(4), streams: (last.payload.readUInt32BE(0) + 1) / 2 };
}

/** Resolves once the connection is closed. */
async function gone(): Promise<void> {
  await client.wait(() => false);
}

describe("a connection of HTTP/2", () => {
  it("says what it takes", async () => {
    const settings = await client.wait(({ type, flags }) => type === SETTINGS && (flags & ACK) === 0);
    const said: Record<number, number> = {};
    for (let at = 0; at < (settings?.payload.length ?? 0); at += 6)
      said[settings!.payload.readUInt16BE(at)] = settings!.payload.readUInt32BE(at + 2);
    // Streams at once, a stream's window, all headers together, extended CONNECT.
    expect(said).toMatchObject({ 3: 128, 4: 256 * 1024, 6: 64 * 1024, 8: 1 });
  });

  it("takes 128 streams at once and refuses the next, which may come again", async () => {
    for (let index = 0; index < 129; index++) client.send(head(2 * index + 1, "/wait"));
    const refused = await client.wait(({ type }) => type === RST_STREAM);
    expect([refused?.stream, refused?.payload.readUInt32BE()]).toEqual([257, 7]);
    await expect.poll(() => waiting.length, POLL).toBe(128);
  });

  it("is ended where streams are begun and reset without end, long before all are taken", async () => {
    const resets = Array.from({ length: 2_000 }, (_, index) =>
      Buffer.concat([head(2 * index + 1, "/wait"), frame(RST_STREAM, 0, 2 * index + 1, uint32(8))]),
    );
    client.send(...resets);
    expect(await ending()).toEqual({ code: 2, streams: expect.toSatisfy((taken: number) => taken < 600) });
    await gone();
  });

  it("is ended where a client makes us reset its streams without end", async () => {
    const fields = [
      [":method", "POST"],
      [":scheme", "http"],
      [":authority", "a"],
      [":path", "/"],
      ["content-length", "5"],
    ];
    const faults = Array.from({ length: 5_000 }, (_, index) => {
      const stream = 2 * index + 1;
      const begin = frame(HEADERS, END_HEADERS, stream, headerBlock(fields as [string, string][]));
      return Buffer.concat([begin, frame(DATA, END_STREAM, stream, "less")]);
    });
    client.send(...faults);
    expect(await ending()).toEqual({ code: 2, streams: expect.toSatisfy((taken: number) => taken < 1_100) });
    await gone();
  });

  it("is ended where a head goes on in more than a few frames", async () => {
    client.send(head(1, "/", END_STREAM), ...Array.from({ length: 64 }, () => frame(CONTINUATION, 0, 1)));
    expect(await ending()).not.toBeNull();
    await gone();
  });

  it("is ended where frames without data come without end", async () => {
    client.send(head(1, "/wait", END_HEADERS), ...Array.from({ length: 5_000 }, () => frame(DATA, 0, 1)));
    await gone();
  });

  it.each([
    ["PING", frame(PING, 0, 0, "12345678")],
    ["SETTINGS", frame(SETTINGS, 0, 0)],
  ])("is ended where %s frames come without end and their answers are not read", async (_what, one) => {
    client.socket.pause();
    const many = Buffer.concat(Array.from({ length: 10_000 }, () => one));
    const closed = new Promise((resolve) => client.socket.once("close", resolve));
    const more = (): void => {
      while (!client.socket.destroyed && client.socket.write(many));
      client.socket.once("drain", more);
    };
    more();
    // Its end shows in a write that fails.
    await closed;
  });
});
