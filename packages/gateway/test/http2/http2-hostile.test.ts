/** What no client of good will sends, by raw frames, before a sandbox that takes everything and keeps what it got. */
import { connect } from "node:net";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { LenientUpstream } from "../hostile/lenient-upstream.ts";
import { entry, openBench, type Bench } from "../support.ts";
import {
  CONTINUATION,
  DATA,
  END_HEADERS,
  END_STREAM,
  frame,
  headerBlock,
  HEADERS,
  PREFACE,
  RawClient,
  RST_STREAM,
  SETTINGS,
} from "./frames.ts";

const FRAME_BYTES = 16_384;

type Field = readonly [string, string];

/** Until the test's own time is over: how fast this machine is does not matter. */
const POLL = { timeout: 25_000 } as const;

let bench: Bench;
let upstream: LenientUpstream;
let client: RawClient;
let path: string;

beforeEach(async () => {
  upstream = new LenientUpstream();
  const port = await upstream.listen();
  bench = await openBench((_request, response) => response.end());
  bench.routes.put("alice-box", entry("alice", "box"));
  path = `/alice/box:${port}/x`;
  client = await RawClient.open(bench.gateway.url);
});

afterEach(async () => {
  client.socket.destroy();
  await bench.close();
  await upstream.close();
});

const good = (change: Record<string, string | null> = {}): Field[] =>
  Object.entries({
    ":method": "GET",
    ":scheme": "http",
    ":authority": "127.0.0.1",
    ":path": path,
    ...change,
  }).flatMap(([name, value]) => (value === null ? [] : [[name, value] as const]));

/** The frames of a request's head. */
function request(fields: readonly Field[], flags = END_STREAM): Buffer {
  const block = headerBlock(fields);
  const frames: Buffer[] = [];
  for (let at = 0; at === 0 || at < block.length; at += FRAME_BYTES) {
    const last = at + FRAME_BYTES >= block.length ? END_HEADERS : 0;
    const piece = block.subarray(at, at + FRAME_BYTES);
    frames.push(at === 0 ? frame(HEADERS, flags | last, 1, piece) : frame(CONTINUATION, last, 1, piece));
  }
  return Buffer.concat(frames);
}

/** All that has reached the sandbox. */
const reached = (): string =>
  upstream
    .take()
    .map(({ bytes }) => bytes)
    .join("");

describe("the tests' own client", () => {
  it("gets an answer to a request without a fault", async () => {
    client.send(request(good({ "x-own": "1" })));
    expect(await client.outcome(1)).toBe("200");
    expect(reached()).toMatch(/^GET \/x HTTP\/1\.1\r\nHost: 127\.0\.0\.1\r\nx-own: 1\r\n/);
  });
});

/** Each with what becomes of it: an answer, or a reset with PROTOCOL_ERROR (1) where nghttp2 knows it for malformed. */
const REFUSED: readonly (readonly [string, () => Field[], string])[] = [
  ["no :method", () => good({ ":method": null }), "reset 1"],
  ["no :path", () => good({ ":path": null }), "reset 1"],
  ["no :scheme", () => good({ ":scheme": null }), "reset 1"],
  ["an empty :path", () => good({ ":path": "" }), "reset 1"],
  ["a second :path", () => [...good(), [":path", "/b"]], "reset 1"],
  ["a second :authority", () => [...good(), [":authority", "b"]], "reset 1"],
  ["a pseudo-header that nobody knows", () => [...good(), [":own", "b"]], "reset 1"],
  ["a pseudo-header of answers", () => [...good(), [":status", "200"]], "reset 1"],
  ["a pseudo-header behind others", () => [["x-first", "1"], ...good()], "reset 1"],
  ["no authority and no host", () => good({ ":authority": null }), "reset 1"],
  ["another host than the authority", () => good({ host: "evil.example" }), "400"],
  ["two hosts", () => [...good({ ":authority": null }), ["host", "a"], ["host", "b"]], "reset 1"],
  ["an authority with a user", () => good({ ":authority": "a@127.0.0.1" }), "reset 1"],
  ["a foreign authority", () => good({ ":authority": "evil.example" }), "403"],
  ["a scheme that is none of HTTP", () => good({ ":scheme": "ftp" }), "reset 1"],
  ["a path in absolute form", () => good({ ":path": "http://127.0.0.1/" }), "reset 1"],
  ["a path without a slash", () => good({ ":path": "alice/box" }), "reset 1"],
  ["a path that is *", () => good({ ":method": "OPTIONS", ":path": "*" }), "400"],
  ["a space in the path", () => good({ ":path": `${path} HTTP/1.1` }), "reset 1"],
  ["a line end in the path", () => good({ ":path": `${path} HTTP/1.1\r\nx-evil: 1\r\n` }), "reset 1"],
  ["a fragment in the path", () => good({ ":path": `${path}#x` }), "400"],
  ["a backslash in the path", () => good({ ":path": `${path}\\x` }), "400"],
  ["bytes beyond ASCII in the path", () => good({ ":path": `${path}\u00ff` }), "400"],
  ["a space in the method", () => good({ ":method": "GET /x" }), "reset 1"],
  ["a line end in the method", () => good({ ":method": "GET /x HTTP/1.1\r\nx:" }), "reset 1"],
  ["an empty method", () => good({ ":method": "" }), "reset 1"],
  [
    "CONNECT",
    () => [
      [":method", "CONNECT"],
      [":authority", "127.0.0.1:22"],
    ],
    "405",
  ],
  ["TRACE", () => good({ ":method": "TRACE" }), "405"],
  ["PRI", () => good({ ":method": "PRI", ":path": "*" }), "reset 1"],
  [":protocol without CONNECT", () => good({ ":protocol": "websocket" }), "reset 1"],
  ["an upper-case name", () => good({ "X-Own": "1" }), "reset 1"],
  ["Connection", () => good({ connection: "x-own" }), "reset 1"],
  ["Keep-Alive", () => good({ "keep-alive": "timeout=5" }), "reset 1"],
  ["Proxy-Connection", () => good({ "proxy-connection": "keep-alive" }), "reset 1"],
  ["Transfer-Encoding", () => good({ "transfer-encoding": "chunked" }), "reset 1"],
  ["Upgrade", () => good({ upgrade: "websocket" }), "reset 1"],
  ["TE that is not trailers", () => good({ te: "gzip" }), "reset 1"],
  ["a second Content-Length", () => [...good({ "content-length": "0" }), ["content-length", "0"]], "reset 1"],
  ["a Content-Length with a sign", () => good({ "content-length": "+0" }), "reset 1"],
  ["a Content-Length with a list", () => good({ "content-length": "0, 0" }), "reset 1"],
  ["a Content-Length that no body keeps", () => good({ "content-length": "5" }), "reset 1"],
  ["an Expect that nobody knows", () => good({ expect: "rain" }), "417"],
  ["a second Authorization", () => [...good({ authorization: "a" }), ["authorization", "b"]], "400"],
  ["a name with an underscore that is one of the gateway's", () => good({ x_forwarded_for: "1" }), "400"],
  [
    "129 headers",
    () => [...good(), ...Array.from({ length: 129 }, (_, n) => [`x-${n}`, "1"] as const)],
    "431",
  ],
  ["headers of 17 KiB", () => good({ "x-one": "x".repeat(9_000), "x-two": "x".repeat(9_000) }), "431"],
  ["headers of 70 KiB", () => good({ "x-big": "x".repeat(70 * 1024) }), "goaway 9"],
  ["a line end in the authority", () => good({ ":authority": "127.0.0.1\r\nx-evil: 1" }), "reset 1"],
];

describe("a request by HTTP/2 that is refused, and does not reach the sandbox:", () => {
  it.each(REFUSED)("%s", async (_what, fields, outcome) => {
    client.send(request(fields()));
    expect(await client.outcome(1)).toBe(outcome);
    expect(reached()).toBe("");
  });
});

/** nghttp2 leaves them out before anybody sees them. */
const LEFT_OUT: readonly (readonly [string, Record<string, string>])[] = [
  ["NUL in a value", { "x-own": "a\0b" }],
  ["a line end in a value", { "x-own": "a\r\nx-evil: 1" }],
  ["a bare LF in a value", { "x-own": "a\nx-evil: 1" }],
  ["a control byte in a value", { "x-own": "a\u0001" }],
  ["DEL in a value", { "x-own": "a\u007f" }],
  ["a space before a value", { "x-own": " a" }],
  ["a space behind a value", { "x-own": "a " }],
  ["a space in a name", { "x own": "a" }],
  ["a colon in a name", { "x-own:": "a" }],
  ["a line end in a name", { "x-own: 1\r\nx-evil": "a" }],
  ["an empty name", { "": "a" }],
];

describe("a header by HTTP/2 that no message may have does not exist for anybody:", () => {
  it.each(LEFT_OUT)("%s", async (_what, header) => {
    client.send(request([...good(), ...Object.entries(header), ["x-last", "1"]]));
    expect(await client.outcome(1)).toBe("200");
    const [head = ""] = reached().split("\r\nx-forwarded", 1);
    expect(head.split(/\r\n(?=X-Forwarded-For)/)[0]).toBe("GET /x HTTP/1.1\r\nHost: 127.0.0.1\r\nx-last: 1");
  });
});

/** What a request brings after its head, and what the sandbox must not take for a whole one. */
const BODIES: readonly (readonly [string, Record<string, string>, () => Buffer[], string])[] = [
  [
    "more than its Content-Length",
    { "content-length": "3" },
    () => [frame(DATA, END_STREAM, 1, "GET /evil HTTP/1.1\r\n\r\n")],
    "goaway 2",
  ],
  [
    "less than its Content-Length",
    { "content-length": "9" },
    () => [frame(DATA, END_STREAM, 1, "abc")],
    "reset 1",
  ],
  [
    "trailers with a pseudo-header",
    {},
    () => [frame(DATA, 0, 1, "abc"), request([[":path", "/evil"]])],
    "reset 1",
  ],
  [
    "trailers with a framing of HTTP/1.1",
    {},
    () => [frame(DATA, 0, 1, "abc"), request([["transfer-encoding", "chunked"]])],
    "reset 1",
  ],
  [
    "trailers that do not end it",
    {},
    () => [frame(DATA, 0, 1, "abc"), request([["x-sum", "1"]], 0)],
    "reset 1",
  ],
  ["data behind its end", {}, () => [frame(DATA, END_STREAM, 1, "a"), frame(DATA, 0, 1, "b")], "goaway 5"],
];

describe("a body by HTTP/2", () => {
  it.each(BODIES)("with %s never ends in the sandbox", async (_what, more, frames, outcome) => {
    client.send(request(good({ ":method": "POST", ...more }), 0), ...frames());
    const seen = await client.outcome(1);
    expect([outcome, "200"]).toContain(seen);
    const bytes = reached();
    expect(bytes).not.toContain("evil");
    if (seen !== "200") expect(bytes).not.toMatch(/\r\n0\r\n/);
  });

  it.each([0, 8])(
    "that is reset with code %i is cut in the sandbox and does not look whole",
    async (code) => {
      client.send(request(good({ ":method": "POST" }), 0), frame(DATA, 0, 1, "half"));
      let bytes = "";
      await expect
        .poll(() => {
          bytes += reached();
          return bytes;
        }, POLL)
        .toContain("half");
      client.send(frame(RST_STREAM, 0, 1, Buffer.from([0, 0, 0, code])));
      const [cut] = upstream.connections;
      await cut?.closed;
      expect(bytes + reached()).toMatch(/4\r\nhalf\r\n$/);
    },
  );

  it("may look like requests and chunks of HTTP/1.1, and is a body to the sandbox", async () => {
    const text = "0\r\n\r\nGET /evil HTTP/1.1\r\nHost: a\r\n\r\n";
    client.send(request(good({ ":method": "POST" }), 0), frame(DATA, END_STREAM, 1, text));
    expect(await client.outcome(1)).toBe("200");
    expect(reached()).toContain(`\r\n\r\n${text.length.toString(16)}\r\n${text}\r\n0\r\n\r\n`);
  });
});

describe("a request that is reset in the same breath", () => {
  it.each([0, 8])("with code %i does not reach the sandbox", async (code) => {
    client.send(request(good()), frame(RST_STREAM, 0, 1, Buffer.from([0, 0, 0, code])));
    const other = headerBlock(good({ ":path": path.replace(/x$/, "other") }));
    client.send(frame(HEADERS, END_HEADERS | END_STREAM, 3, other));
    expect(await client.outcome(3)).toBe("200");
    expect(reached().match(/^GET \S+/gm)).toEqual(["GET /other"]);
  });
});

describe("the first bytes of a connection", () => {
  it("are known for HTTP/2 wherever they are cut", async () => {
    for (let cut = 1; cut < PREFACE.length; cut++) {
      const raw = await RawClient.open(bench.gateway.url, false);
      raw.send(Buffer.from(PREFACE.slice(0, cut), "latin1"));
      await new Promise((resolve) => setImmediate(resolve));
      raw.send(Buffer.from(PREFACE.slice(cut), "latin1"), frame(SETTINGS, 0, 0), request(good()));
      expect([cut, await raw.outcome(1)]).toEqual([cut, "200"]);
      raw.socket.destroy();
    }
  });

  it("that only begin like those are no request", async () => {
    for (const text of [
      `${PREFACE.slice(0, -3)}X\r\n`,
      `\r\n${PREFACE}`,
      "PRI * HTTP/1.1\r\nHost: a\r\n\r\n",
    ]) {
      const socket = connect(Number(new URL(bench.gateway.url).port), "127.0.0.1");
      socket.write(text, "latin1");
      let answer = "";
      for await (const chunk of socket) answer += String(chunk);
      expect(answer).toMatch(/^HTTP\/1\.1 400 /);
    }
  });

  it("are those of HTTP/2 only before a request of HTTP/1.1", async () => {
    const socket = connect(Number(new URL(bench.gateway.url).port), "127.0.0.1");
    socket.write(`GET /health HTTP/1.1\r\nHost: a\r\n\r\n${PREFACE}`, "latin1");
    let answer = "";
    for await (const chunk of socket) answer += String(chunk);
    expect(answer.match(/HTTP\/1\.1 \d+/g)).toEqual(["HTTP/1.1 200", "HTTP/1.1 400"]);
  });
});
