/** What goes wrong between the gateway and a sandbox that speaks HTTP/2, and what the client sees of it. */
import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { constants, type ServerHttp2Stream } from "node:http2";
import { connect, createServer, type AddressInfo, type Server } from "node:net";
import { createServer as createHttpServer } from "node:http";
import { duplexPair } from "node:stream";
import { afterEach, describe, expect, it } from "vitest";
import { problemOf } from "../echo-support.ts";
import { openH2cBench, type H2cBench, type Program } from "./h2c-support.ts";

let box: H2cBench;
const servers: Server[] = [];
afterEach(async () => {
  for (const server of servers.splice(0)) server.close();
  await box.close();
});

const say: Program = (stream) => {
  stream.respond();
  stream.end("hello");
};

/** A program that keeps the streams that it gets, and the next of them. */
function keeping(): { program: Program; streams: ServerHttp2Stream[]; next(): Promise<ServerHttp2Stream> } {
  const streams: ServerHttp2Stream[] = [];
  let seen = 0;
  let wake = Promise.withResolvers<void>();
  return {
    streams,
    program(stream) {
      streams.push(stream);
      wake.resolve();
      wake = Promise.withResolvers();
    },
    async next() {
      while (streams.length <= seen) await wake.promise;
      return streams[seen++]!;
    },
  };
}

describe("an answer whose connection ends in the middle", () => {
  it("never ends as a good one", async () => {
    box = await openH2cBench((stream) => {
      stream.respond();
      stream.write("hello");
      stream.session!.ping(() => stream.session!.socket.destroy());
    });
    const client = await box.client();
    client.write(`GET ${box.prefix}/ HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n`);
    await client.until(({ closed, ended }) => closed || ended);
    expect(client.text).not.toContain("\r\n0\r\n");
  });
});

describe("a request that a sandbox resets before it answers", () => {
  it("is told as broken", async () => {
    box = await openH2cBench((stream) => stream.close(constants.NGHTTP2_INTERNAL_ERROR));
    expect(await problemOf(await fetch(box.base))).toMatchObject({ code: "BROKEN", status: 502 });
  });

  it("is told as refused where it says that it has not looked at it, and is sent once more if it may be", async () => {
    let count = 0;
    box = await openH2cBench((stream, headers, raw) => {
      if (headers["x-refuse"] === "always" || (headers["x-refuse"] === "once" && count++ === 0))
        stream.close(constants.NGHTTP2_REFUSED_STREAM);
      else say(stream, headers, raw);
    });
    const ask = (refuse: string, init: RequestInit = {}): Promise<Response> =>
      fetch(box.base, { ...init, headers: { "x-refuse": refuse } });
    expect(await (await ask("never")).text()).toBe("hello");
    expect(await problemOf(await ask("always", { method: "POST", body: "x" }))).toMatchObject({
      code: "REFUSED",
    });
    expect(await (await ask("never")).text()).toBe("hello");
    expect(await (await ask("once")).text()).toBe("hello");
  });
});

describe("a sandbox that goes", () => {
  it("ends what it has, and gets nothing new", async () => {
    const kept = keeping();
    box = await openH2cBench(kept.program);
    const first = fetch(box.base);
    const stream = await kept.next();
    stream.respond();
    stream.write("be");
    const response = await first;
    stream.session!.goaway(constants.NGHTTP2_NO_ERROR);
    await new Promise((resolve) => stream.session!.ping(resolve));
    const second = fetch(box.base);
    (await kept.next()).respond();
    kept.streams[1]!.end("new");
    expect(await (await second).text()).toBe("new");
    stream.end("gun");
    expect(await response.text()).toBe("begun");
    expect(box.sessions).toHaveLength(2);
  });

  it("without having looked at a request has it sent once more, on another connection", async () => {
    let count = 0;
    box = await openH2cBench((stream, headers, raw) => {
      if (headers["x-go"] !== "1" || count++ > 0) say(stream, headers, raw);
      else stream.session!.goaway(constants.NGHTTP2_NO_ERROR, stream.id! - 2);
    });
    expect(await (await fetch(box.base)).text()).toBe("hello");
    expect(await (await fetch(box.base, { headers: { "x-go": "1" } })).text()).toBe("hello");
    expect(box.sessions).toHaveLength(2);
  });
});

describe("a sandbox that allows few streams at once", () => {
  it.each([1, 3])("%i has as many connections as that takes", async (maxConcurrentStreams) => {
    const kept = keeping();
    box = await openH2cBench(kept.program, { server: { settings: { maxConcurrentStreams } } });
    const answers = Array.from({ length: 6 }, () => fetch(box.base).then((response) => response.text()));
    for (let index = 0; index < 6; index++) await kept.next();
    for (const stream of kept.streams) {
      stream.respond();
      stream.end("one");
    }
    expect(await Promise.all(answers)).toEqual(Array.from({ length: 6 }, () => "one"));
    expect(box.sessions).toHaveLength(6 / maxConcurrentStreams);
    // There is room again, and the limit is known.
    const more = fetch(box.base);
    (await kept.next()).respond({}, { endStream: true });
    await (await more).text();
    expect(box.sessions).toHaveLength(6 / maxConcurrentStreams);
  });
});

describe("a client that goes", () => {
  it.each(["before the answer", "in the middle of the answer", "in the middle of the request"])(
    "%s has its stream cancelled, and nobody else's",
    async (when) => {
      const kept = keeping();
      box = await openH2cBench(kept.program);
      const other = fetch(box.base);
      const stays = await kept.next();
      const client = await box.client();
      const inRequest = when === "in the middle of the request";
      const rest = inRequest ? "Content-Length: 10\r\n\r\nhalf" : "\r\n";
      client.write(`${inRequest ? "POST" : "GET"} ${box.prefix}/ HTTP/1.1\r\nHost: 127.0.0.1\r\n${rest}`);
      const stream = await kept.next();
      if (when === "in the middle of the answer") {
        stream.respond();
        stream.write("hello");
        await client.untilText("hello");
      }
      client.socket.resetAndDestroy();
      await once(stream, "close");
      expect(stream.rstCode).toBe(constants.NGHTTP2_CANCEL);
      stays.respond();
      stays.end("stays");
      expect(await (await other).text()).toBe("stays");
    },
  );
});

describe("a port that is said to speak HTTP/2 and", () => {
  /** The address of another port of the sandbox. */
  async function at(server: Server): Promise<string> {
    box = await openH2cBench(say);
    servers.push(server);
    server.listen(0, "127.0.0.1");
    await once(server, "listening");
    return `${box.bench.gateway.url}/alice/box:${(server.address() as AddressInfo).port}`;
  }

  it("speaks HTTP/1.1 is told so", async () => {
    const answer = await problemOf(await fetch(await at(createHttpServer())));
    expect(answer).toMatchObject({ code: "UNREACHABLE", status: 502 });
    expect(answer.detail).toContain("does not speak HTTP/2 without TLS (h2c)");
  });

  it("ends the connection at once is told so", async () => {
    const answer = await problemOf(await fetch(await at(createServer((socket) => socket.end()))));
    expect(answer).toMatchObject({ code: "UNREACHABLE" });
    expect(answer.detail).toContain("does not speak HTTP/2");
  });

  it("has nobody listening is refused", async () => {
    const server = createServer();
    const url = await at(server);
    server.close();
    await once(server, "close");
    expect(await problemOf(await fetch(url))).toMatchObject({ code: "REFUSED" });
  });

  it("says nothing is given up in time", async () => {
    box = await openH2cBench(say, { flags: { connectTimeoutMs: 100 } });
    const server = createServer((socket) => void socket.on("error", () => {}).resume());
    servers.push(server);
    server.listen(0, "127.0.0.1");
    await once(server, "listening");
    const closed = once(server, "connection").then(([socket]) => once(socket, "close"));
    const url = `${box.bench.gateway.url}/alice/box:${(server.address() as AddressInfo).port}`;
    const answer = await problemOf(await fetch(url));
    expect(answer.detail).toContain("no connection within 100 ms");
    await closed;
  });
});

describe("time", () => {
  it("to the first byte is the same as for others, and the stream is cancelled", async () => {
    const kept = keeping();
    box = await openH2cBench(kept.program, { flags: { firstByteTimeoutMs: 100 } });
    const answer = fetch(box.base);
    const stream = await kept.next();
    expect(await problemOf(await answer)).toMatchObject({ code: "TOO_SLOW", status: 504 });
    if (!stream.closed) await once(stream, "close");
    expect(stream.rstCode).toBe(constants.NGHTTP2_CANCEL);
  });

  it("in the middle of an answer is the same as for others", async () => {
    box = await openH2cBench(
      (stream) => {
        stream.respond();
        stream.write("hello");
      },
      { flags: { idleTimeoutMs: 100 } },
    );
    const response = await fetch(box.base);
    await expect(response.text()).rejects.toThrow();
  });
});

describe("whoever takes nothing", () => {
  it("holds up its own stream alone, and the sandbox that sends it", async () => {
    const chunk = Buffer.alloc(64 * 1024);
    let sent = 0;
    const stalled = Promise.withResolvers<void>();
    box = await openH2cBench((stream, headers, raw) => {
      if (headers[":path"] !== "/flood") {
        say(stream, headers, raw);
        return;
      }
      stream.respond();
      const pump = (): void => {
        while (stream.write(chunk)) sent += chunk.length;
        sent += chunk.length;
        stream.once("drain", pump);
        // Once it is held up, what the others get still comes.
        if (sent > 100 * chunk.length) stalled.resolve();
      };
      pump();
    });
    const client = await box.client();
    client.socket.pause();
    client.write(`GET ${box.prefix}/flood HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n`);
    let before = -1;
    await expect.poll(() => before === (before = sent), { interval: 200 }).toBe(true);
    const held = sent;
    expect(held).toBeLessThan(32 * 1024 * 1024);
    for (let index = 0; index < 20; index++) expect(await (await fetch(box.base)).text()).toBe("hello");
    expect(box.sessions).toHaveLength(1);
    client.socket.resume();
    await stalled.promise;
  });
});

describe("a tunnel to a port that speaks HTTP/2", () => {
  it("carries the streams of several requests, and ends soon after them", async () => {
    const kept = keeping();
    let opened = 0;
    const ends: Promise<unknown>[] = [];
    box = await openH2cBench(kept.program, {
      flags: { dial: "port-forward" },
      openTunnel: (port) => async () => {
        opened++;
        const socket = connect(port, "127.0.0.1");
        ends.push(once(socket, "close"));
        await once(socket, "connect");
        return socket;
      },
    });
    const answers = Array.from({ length: 5 }, () => fetch(box.base).then((response) => response.text()));
    for (let index = 0; index < 5; index++) {
      const stream = await kept.next();
      stream.respond();
      stream.end("through");
    }
    expect(await Promise.all(answers)).toEqual(Array.from({ length: 5 }, () => "through"));
    expect(opened).toBe(1);
    await Promise.all(ends);
  });

  it("may be any stream, and every byte is right both ways", async () => {
    box = await openH2cBench(
      (stream) => {
        stream.respond();
        stream.pipe(stream);
      },
      {
        flags: { dial: "port-forward" },
        openTunnel: (port) => async () => {
          const lower = connect(port, "127.0.0.1");
          await once(lower, "connect");
          const [here, there] = duplexPair();
          there.pipe(lower).pipe(there);
          here.on("close", () => lower.destroy());
          lower.on("error", () => here.destroy());
          return here;
        },
      },
    );
    const bodies = Array.from({ length: 4 }, () => randomBytes(3 * 1024 * 1024));
    const back = await Promise.all(
      bodies.map(async (body) => (await fetch(box.base, { method: "POST", body })).arrayBuffer()),
    );
    for (const [index, body] of bodies.entries()) expect(body.equals(Buffer.from(back[index]!))).toBe(true);
    expect(box.sessions).toHaveLength(1);
  });

  it("that cannot be opened is told without what the API server said", async () => {
    box = await openH2cBench(say, {
      flags: { dial: "port-forward" },
      openTunnel: () => () => Promise.reject(new Error('User "ops" cannot create portforward')),
    });
    const answer = await problemOf(await fetch(box.base));
    expect(answer).toMatchObject({ code: "UNREACHABLE", status: 502 });
    expect(answer.detail).not.toContain("ops");
  });
});
