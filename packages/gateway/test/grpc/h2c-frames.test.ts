/** What a sandbox can say in HTTP/2 that no library says, and what the client gets of it. */
import { constants } from "node:http2";
import fc from "fast-check";
import { afterEach, describe, expect, it } from "vitest";
import { problemOf } from "../echo-support.ts";
import type { Peer } from "../raw-support.ts";
import { END_STREAM, openFrameServer, type FrameConnection, type FrameServer } from "./frames-support.ts";
import { openH2cBench, type H2cBench } from "./h2c-support.ts";

let box: H2cBench;
let server: FrameServer;
afterEach(async () => {
  server.close();
  await box.close();
});

async function open(
  onRequest: (connection: FrameConnection, id: number) => void,
  flags: Readonly<Record<string, unknown>> = {},
): Promise<string> {
  box = await openH2cBench(() => {}, { flags });
  server = await openFrameServer(onRequest);
  return `${box.bench.gateway.url}/alice/box:${server.port}`;
}

/** The client's side of one request, once it is over. */
async function ask(url: string, rest = "GET / HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n"): Promise<Peer> {
  const client = await box.client();
  client.write(rest.replace(" /", ` ${new URL(url).pathname}/`));
  return client.until(({ closed, ended }) => closed || ended);
}

describe("an answer that the sandbox resets in the middle", () => {
  it.each([constants.NGHTTP2_NO_ERROR, constants.NGHTTP2_CANCEL, constants.NGHTTP2_INTERNAL_ERROR])(
    "with the code %i never ends as a good one",
    async (code) => {
      const url = await open((connection, id) => {
        connection.headers(id, [":status", "200"]);
        connection.data(id, "hello");
        connection.reset(id, code);
      });
      const client = await ask(url);
      expect(client.text).toContain("5\r\nhello\r\n");
      expect(client.text).not.toContain("\r\n0\r\n");
    },
  );

  it("breaks off where a length was told", async () => {
    const url = await open((connection, id) => {
      connection.headers(id, [":status", "200", "content-length", "10"]);
      connection.data(id, "hello");
      connection.reset(id, constants.NGHTTP2_NO_ERROR);
    });
    const client = await ask(url);
    expect(client.text).toMatch(/hello$/);
  });

  it("leaves the others of its connection alone", async () => {
    let first = 0;
    const url = await open((connection, id) => {
      connection.headers(id, [":status", "200"]);
      if (first === 0) {
        first = id;
        connection.data(id, "hello");
      } else {
        connection.reset(first, constants.NGHTTP2_INTERNAL_ERROR);
        connection.data(id, "whole", END_STREAM);
      }
    });
    const broken = (await fetch(url)).text();
    broken.catch(() => {});
    expect(await (await fetch(url)).text()).toBe("whole");
    await expect(broken).rejects.toThrow();
    expect(server.connections).toHaveLength(1);
  });
});

describe("an answer that is complete before its request", () => {
  it("is whole, whatever the sandbox says to the rest of the request", async () => {
    const url = await open((connection, id) => {
      connection.headers(id, [":status", "413"]);
      connection.data(id, "too much", END_STREAM);
      connection.reset(id, constants.NGHTTP2_NO_ERROR);
    });
    const client = await ask(url, "POST / HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 100\r\n\r\npart");
    expect(client.text).toContain("8\r\ntoo much\r\n0\r\n\r\n");
  });
});

describe("a request that its client cuts", () => {
  it.each([
    ["in chunks", "Transfer-Encoding: chunked\r\n\r\n4\r\nhalf\r\n"],
    ["with a length", "Content-Length: 8\r\n\r\nhalf"],
  ])("%s never looks like a whole one", async (_name, rest) => {
    const arrived = Promise.withResolvers<FrameConnection>();
    const url = await open((connection) => arrived.resolve(connection));
    const client = await box.client();
    client.write(`POST ${new URL(url).pathname}/ HTTP/1.1\r\nHost: 127.0.0.1\r\n${rest}`);
    const { frames, socket } = await arrived.promise;
    const RST_STREAM = 3;
    while (!frames.some(({ type, payload }) => type === 0 && payload.length > 0))
      await new Promise((resolve) => socket.once("data", resolve));
    client.socket.resetAndDestroy();
    while (!frames.some(({ type }) => type === RST_STREAM))
      await new Promise((resolve) => socket.once("data", resolve));
    const ofStream = frames.filter(({ id }) => id === 1);
    expect(ofStream.filter(({ flags, type }) => type < 2 && (flags & END_STREAM) !== 0)).toEqual([]);
    expect(ofStream.at(-1)?.payload.readUInt32BE(0)).toBe(constants.NGHTTP2_CANCEL);
  });
});

describe("a sandbox that goes with an error", () => {
  it("has told which requests it has not looked at", async () => {
    const url = await open((connection) => connection.goaway(0, constants.NGHTTP2_ENHANCE_YOUR_CALM));
    const answer = await fetch(url, { method: "POST", body: "x" });
    expect(await problemOf(answer)).toMatchObject({ code: "REFUSED" });
  });

  it("has broken those that it has looked at", async () => {
    const url = await open((connection, id) => connection.goaway(id, constants.NGHTTP2_ENHANCE_YOUR_CALM));
    const answer = await fetch(url, { method: "POST", body: "x" });
    expect(await problemOf(answer)).toMatchObject({ code: "BROKEN" });
  });
});

describe("an answer that HTTP/1.1 would read as something else", () => {
  it.each([
    ["an upper-case name", [":status", "200", "X-A", "1"]],
    ["a framing of HTTP/1.1", [":status", "200", "transfer-encoding", "chunked"]],
    ["a connection of HTTP/1.1", [":status", "200", "connection", "close"]],
    ["a second length", [":status", "200", "content-length", "1", "content-length", "1"]],
    ["another protocol", [":status", "101", "x-a", "b"]],
    ["a status that is none", [":status", "abc"]],
    ["no status", ["x-a", "b"]],
    ["a status beyond all", [":status", "999"]],
  ])("has %s and is broken", async (_name, fields) => {
    const url = await open((connection, id) => {
      connection.headers(id, fields);
      connection.data(id, "x", END_STREAM);
    });
    const answer = await fetch(url);
    expect(await problemOf(answer)).toMatchObject({ code: "BROKEN", status: 502 });
  });

  it("has a body beyond its length and is broken", async () => {
    const url = await open((connection, id) => {
      connection.headers(id, [":status", "200", "content-length", "2"]);
      connection.data(id, "hello", END_STREAM);
    });
    const client = await ask(url);
    expect(client.text).not.toContain("hello");
  });

  it("has a head of more than 64 KiB and is broken", async () => {
    const url = await open((connection, id) => {
      const fields = Array.from({ length: 9 }, (_, index) => [`x-${index}`, "v".repeat(1_800)]).flat();
      for (let part = 0; part < 5; part++) connection.headers(id, [":status", "103", ...fields]);
    });
    expect(await problemOf(await fetch(url))).toMatchObject({ code: "BROKEN" });
  });
});

describe("a header that HTTP/1.1 would read as something else", () => {
  const FIELDS: [string, string[]][] = [
    ["a line within its value", ["x-a", "1\r\nsandgate-error: FORGED"]],
    ["an empty line within its value", ["x-a", "1\r\n\r\nHTTP/1.1 200 OK"]],
    ["a zero byte within its value", ["x-a", "1\u00002"]],
    ["a name with a colon", ["x-a: b", "1"]],
    ["a name with a line", ["x-a: b\r\nx-c", "1"]],
  ];

  it.each(FIELDS)("and has %s is none", async (_name, field) => {
    const url = await open((connection, id) => {
      connection.headers(id, [":status", "200", "connection-x", "1", ...field, "content-length", "2"]);
      connection.data(id, "ok", END_STREAM);
    });
    const client = await ask(url, "GET / HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n");
    expect(client.text.replace(/^X-Request-Id: .*\r\n/m, "")).toBe(
      "HTTP/1.1 200 OK\r\nconnection-x: 1\r\ncontent-length: 2\r\nConnection: close\r\n\r\nok",
    );
  });

  it.each(FIELDS)("and has %s is none among the trailers", async (_name, field) => {
    const url = await open((connection, id) => {
      connection.headers(id, [":status", "200"]);
      connection.data(id, "hello");
      connection.headers(id, [...field, "x-good", "1"], END_STREAM);
    });
    const client = await ask(url, "GET / HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n");
    expect(client.text).toMatch(/\r\n\r\n5\r\nhello\r\n0\r\nx-good: 1\r\n\r\n$/);
  });

  it("and is a status among the trailers breaks the answer", async () => {
    const url = await open((connection, id) => {
      connection.headers(id, [":status", "200"]);
      connection.data(id, "hello");
      connection.headers(id, [":status", "200"], END_STREAM);
    });
    const client = await ask(url);
    expect(client.text).not.toContain("\r\n0\r\n");
  });
});

describe("whatever a sandbox sends", () => {
  /** One thing that it says on a stream, or instead. */
  type Word = (connection: FrameConnection, id: number) => void;

  const flags = fc.constantFrom(0, END_STREAM);
  const field = fc.tuple(
    fc.constantFrom(
      ":status",
      "content-length",
      "trailer",
      "x-a",
      "connection",
      "grpc-status",
      ":path",
      "X-B",
      "",
    ),
    fc.constantFrom("200", "103", "0", "5", "1\r\n", "", "999", "abc"),
  );
  const good: Word = (connection, id) => connection.headers(id, [":status", "200"]);
  const word: fc.Arbitrary<Word> = fc.oneof(
    fc.constant(good),
    fc.tuple(fc.array(field, { maxLength: 4 }), flags).map(
      ([fields, one]): Word =>
        (connection, id) =>
          connection.headers(id, fields.flat(), one),
    ),
    fc.tuple(fc.constantFrom("", "hello", "x".repeat(16_000)), flags).map(
      ([text, one]): Word =>
        (connection, id) =>
          connection.data(id, text, one),
    ),
    fc.constantFrom(0, 7, 8, 0x7fff_ffff).map(
      (code): Word =>
        (connection, id) =>
          connection.reset(id, code),
    ),
    fc.constantFrom(0, 11).map(
      (code): Word =>
        (connection, id) =>
          connection.goaway(id, code),
    ),
    // Of any kind, known or not, for any stream.
    fc
      .tuple(
        fc.nat({ max: 12 }),
        fc.nat({ max: 255 }),
        fc.constantFrom(0, 1, 2, 3, 99),
        fc.uint8Array({ maxLength: 20 }),
      )
      .map(
        ([type, one, id, payload]): Word =>
          (connection) =>
            connection.send(type, one, id, Buffer.from(payload)),
      ),
    fc.uint8Array({ maxLength: 20 }).map(
      (bytes): Word =>
        (connection) =>
          void connection.socket.write(bytes),
    ),
  );

  it("is one answer, whole or broken, and the next request is as good as ever", async () => {
    let words: readonly Word[] = [];
    const url = await open(
      (connection, id) => {
        for (const say of words) say(connection, id);
        connection.socket.end();
        // Of a connection that is broken after GOAWAY Node.js tells nothing; then time ends the request.
      },
      { firstByteTimeoutMs: 2_000, idleTimeoutMs: 2_000 },
    );
    await fc.assert(
      fc.asyncProperty(fc.array(word, { maxLength: 6 }), fc.boolean(), async (said, first) => {
        words = first ? [good, ...said] : said;
        const client = await ask(
          url,
          "POST / HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 2\r\nConnection: close\r\n\r\nhi",
        );
        expect(client.text.match(/^HTTP\/1\.1 (?!103)/gm)?.length).toBe(1);
        client.socket.destroy();
        words = [good, (connection, id) => connection.data(id, "as ever", END_STREAM)];
        const next = await ask(url, "GET / HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n");
        expect(next.text).toContain("7\r\nas ever\r\n0\r\n\r\n");
        next.socket.destroy();
      }),
      { numRuns: 100 },
    );
  });
});
