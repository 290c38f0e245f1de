/** How streams and connections of HTTP/2 end, and what is left of them. */
import { readdirSync } from "node:fs";
import { once } from "node:events";
import type { ClientHttp2Session, ClientHttp2Stream } from "node:http2";
import type { IncomingMessage, RequestListener, ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { silentLogger, type Logger } from "@sandgate/contract";
import { afterEach, describe, expect, it } from "vitest";
import { HeadSpace } from "../../src/engine/head/request-head.ts";
import { EngineCounters } from "../../src/engine/engine-counters.ts";
import { createListener, type Listener } from "../../src/engine/listener.ts";
import { entry, openBench, type Bench } from "../support.ts";
import {
  DATA,
  END_HEADERS,
  END_STREAM,
  frame,
  GOAWAY,
  headerBlock,
  HEADERS,
  PREFACE,
  RawClient,
  SETTINGS,
} from "./frames.ts";
import { answerTo, connect2, send2 } from "./h2-support.ts";

/** Until the test's own time is over: how fast this machine is does not matter. */
const POLL = { timeout: 25_000 } as const;

let bench: Bench | undefined;
let session: ClientHttp2Session | undefined;
let prefix: string;

async function open(
  handler: RequestListener,
  flags: Readonly<Record<string, unknown>> = {},
  logger: Logger = silentLogger,
): Promise<ClientHttp2Session> {
  bench = await openBench(handler, flags, { logger });
  bench.routes.put("alice-box", entry("alice", "box"));
  prefix = `/alice/box:${bench.backendPort}`;
  session = await connect2(bench.gateway.url);
  return session;
}

afterEach(async () => {
  session?.destroy();
  session = undefined;
  await bench?.close();
  bench = undefined;
});

interface Line {
  status: number;
  error?: string;
}

/** A logger that keeps the lines of requests. */
function recorder(): { lines: Line[]; logger: Logger } {
  const lines: Line[] = [];
  return {
    lines,
    logger: {
      ...silentLogger,
      info: (message, fields) => message === "request" && void lines.push(fields as never),
    },
  };
}

/** Where a request is when its client resets it; each resolves when it is there. */
const PHASES: readonly (readonly [string, (client: ClientHttp2Session) => Promise<ClientHttp2Stream>])[] = [
  [
    "while the sandbox has not answered",
    async (client) => {
      const stream = client.request({ ":path": `${prefix}/silent` });
      await once(bench!.backend, "request");
      return stream;
    },
  ],
  [
    "in the middle of its body",
    async (client) => {
      const stream = client.request({ ":method": "POST", ":path": `${prefix}/silent` });
      stream.write("some of it");
      await once(bench!.backend, "request");
      return stream;
    },
  ],
  [
    "in the middle of the answer",
    async (client) => {
      const stream = client.request({ ":path": `${prefix}/endless` });
      await once(stream, "data");
      return stream;
    },
  ],
  [
    "while it does not read the answer",
    async (client) => {
      const stream = client.request({ ":path": `${prefix}/endless` });
      await once(stream, "response");
      return stream;
    },
  ],
];

const phases: RequestListener = (request, response) => {
  if (request.url !== "/endless") return;
  const more = (): void => {
    while (response.write(Buffer.alloc(65_536)));
    response.once("drain", more);
  };
  more();
};

describe.each(PHASES)("a client that resets its stream %s", (_when, begin) => {
  it.each([0, 8])("with code %i is gone: the sandbox is told, and the log says so", async (code) => {
    const { lines, logger } = recorder();
    const client = await open(phases, {}, logger);
    const arrived = once(bench!.backend, "request") as Promise<[IncomingMessage, ServerResponse]>;
    const stream = await begin(client);
    const [, response] = await arrived;
    const told = once(response, "close");
    stream.on("error", () => {});
    stream.close(code);
    await told;
    await expect.poll(() => lines, POLL).toMatchObject([{ status: 499, error: "CLIENT_GONE" }]);
    await expect(send2(client, { ":path": "/health" })).resolves.toMatchObject({ status: 200 });
  });
});

describe("a connection of HTTP/2 that its client cuts", () => {
  it("ends all its requests, and leaves no descriptor open", async () => {
    const descriptors = (): number => readdirSync("/proc/self/fd").length;
    await open(phases);
    const closed = once(session!, "close");
    session?.destroy();
    await closed;
    const before = descriptors();
    for (let round = 0; round < 5; round++) {
      const client = await connect2(bench!.gateway.url);
      const closes: Promise<unknown>[] = [];
      const arrived = new Promise<void>((resolve) => {
        bench!.backend.on("request", (_request: IncomingMessage, response: ServerResponse) => {
          closes.push(once(response, "close"));
          if (closes.length === 40) resolve();
        });
      });
      for (let index = 0; index < 40; index++)
        client
          .request({ ":path": prefix + (index % 2 === 0 ? "/silent" : "/endless") })
          .on("error", () => {});
      await arrived;
      bench!.backend.removeAllListeners("request").on("request", phases);
      client.destroy();
      await Promise.all(closes);
    }
    await expect.poll(() => descriptors(), POLL).toBeLessThanOrEqual(before);
  });
});

describe("a gateway that is told to end", () => {
  it("finishes what is under way on a connection of HTTP/2, and then ends it", async () => {
    const client = await open((_request, response) => response.writeHead(200).flushHeaders(), {
      drainTimeoutMs: 20_000,
    });
    const asked = once(bench!.backend, "request") as Promise<[IncomingMessage, ServerResponse]>;
    const stream = client.request({ ":path": `${prefix}/slow` });
    const whole = answerTo(stream);
    const [[, answer]] = await Promise.all([asked, once(stream, "response")]);
    const told = once(client, "goaway");
    const closed = bench!.gateway.close();
    await told;
    answer.end("late, and whole");
    expect((await whole).body.toString()).toBe("late, and whole");
    await closed;
    expect(client.destroyed).toBe(true);
  });

  it("tells which request was the last that it took, so that those behind it can go elsewhere", async () => {
    await open((_request, response) => void response, { drainTimeoutMs: 20_000 });
    session?.destroy();
    const client = await RawClient.open(bench!.gateway.url);
    const head = (stream: number): Buffer =>
      frame(
        HEADERS,
        END_HEADERS | END_STREAM,
        stream,
        headerBlock([
          [":method", "GET"],
          [":scheme", "http"],
          [":authority", "127.0.0.1"],
          [":path", `${prefix}/`],
        ]),
      );
    client.send(head(1));
    const [, response] = (await once(bench!.backend, "request")) as [IncomingMessage, ServerResponse];
    const closed = bench!.gateway.close();
    const last = await client.wait(({ type }) => type === GOAWAY);
    expect([last?.payload.readUInt32BE(0), last?.payload.readUInt32BE(4)]).toEqual([1, 0]);
    client.send(head(3));
    response.end("ok");
    await client.wait(
      ({ type, stream, flags }) => type === DATA && stream === 1 && (flags & END_STREAM) !== 0,
    );
    await closed;
    expect(client.frames.filter(({ stream }) => stream === 3)).toEqual([]);
  });

  it("tells a connection, too, whose first bytes come when it has begun to end", async () => {
    const other = await open((_request, response) => response.end("ok"), { drainTimeoutMs: 20_000 });
    const client = await RawClient.open(bench!.gateway.url, false);
    client.send(Buffer.from(PREFACE.slice(0, 10), "latin1"));
    // When this is answered, the other connection was accepted.
    await send2(other, { ":path": `${prefix}/` });
    const closed = bench!.gateway.close();
    client.send(Buffer.from(PREFACE.slice(10), "latin1"), frame(SETTINGS, 0, 0));
    const last = await client.wait(({ type }) => type === GOAWAY);
    expect(last?.payload.readUInt32BE(4)).toBe(0);
    await closed;
  });

  it("answers whoever still waits after the drain time", async () => {
    const client = await open(() => {});
    const waiting = send2(client, { ":path": `${prefix}/` });
    await once(bench!.backend, "request");
    const closed = bench!.gateway.close();
    expect(await waiting).toMatchObject({ status: 502, headers: { "sandgate-error": "BROKEN" } });
    await closed;
  });
});

describe("a listener whose connections cannot be taken over", () => {
  let listener: Listener;
  async function listen(headTimeoutMs: number, keepAliveTimeoutMs: number): Promise<string> {
    listener = createListener(
      {
        handler: {
          handle: (exchange) => exchange.answer({ status: 200, headers: {}, body: exchange.head.target }),
          render: () => ({ status: 500, headers: {}, body: "" }),
          done: () => {},
        },
        pool: null as never,
        headSpace: new HeadSpace(),
        circuits: null as never,
        connections: { enter: () => true, leave: () => {} },
        counters: new EngineCounters(),
        limits: { headBytes: 16_384, headTimeoutMs, keepAliveTimeoutMs, idleTimeoutMs: 1_000 },
        state: { draining: false },
      },
      false,
      null,
    );
    listener.server.listen(0, "127.0.0.1");
    await once(listener.server, "listening");
    return `http://127.0.0.1:${(listener.server.address() as AddressInfo).port}`;
  }

  it("knows HTTP/2 by its first bytes, too", async () => {
    const client = await connect2(await listen(60_000, 60_000));
    expect((await send2(client, { ":path": "/hello" })).body.toString()).toBe("/hello");
    client.destroy();
    await listener.close(0);
  });

  it.each([
    ["that has been idle too long", 60_000, 50, true],
    ["whose settings do not come", 50, 60_000, false],
  ])("tells a connection of HTTP/2 %s, and closes it", async (_what, headMs, idleMs, settings) => {
    const client = await RawClient.open(await listen(headMs, idleMs), settings);
    if (!settings) client.send(Buffer.from(PREFACE, "latin1"));
    const last = await client.wait(({ type }) => type === GOAWAY);
    expect(last?.payload.readUInt32BE(4)).toBe(0);
    await client.wait(() => false);
    await listener.close(0);
  });
});
