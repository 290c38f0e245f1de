import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { CHUNKED } from "../body/body-length.ts";
import { RequestHead } from "../head/request-head.ts";
import { requestTextOf, trailerTextOf } from "./client-request-text.ts";

const KEY = "dGhlIHNhbXBsZSBub25jZQ==";
const textOf = (raw: readonly string[], ended = true): ReturnType<typeof requestTextOf> =>
  requestTextOf(raw, ended, () => KEY);

const pseudo = (change: Record<string, string> = {}): string[] =>
  Object.entries({ ":method": "GET", ":scheme": "http", ":authority": "a", ":path": "/x", ...change }).flat();

describe("the head of a request of HTTP/2 in HTTP/1.1", () => {
  it("says the same", () => {
    expect(textOf([...pseudo(), "x-own", "1", "cookie", "a=1", "cookie", "b=2"])?.head).toBe(
      "GET /x HTTP/1.1\r\nHost: a\r\nx-own: 1\r\nCookie: a=1; b=2\r\nConnection: close\r\n\r\n",
    );
  });

  it.each([
    ["GET", true, [], undefined],
    ["POST", true, [], "Content-Length: 0"],
    ["POST", false, [], "Transfer-Encoding: chunked"],
    ["POST", false, ["content-length", "5"], "content-length: 5"],
  ] as const)("of %s, ended %s, with %j tells the body by %s", (method, ended, more, framing) => {
    const { head = "", chunked } = textOf([...pseudo({ ":method": method }), ...more], ended) ?? {};
    const lines = head.split("\r\n").filter((line) => /^(?:content-length|transfer-encoding):/i.test(line));
    expect(lines).toEqual(framing === undefined ? [] : [framing]);
    expect(chunked).toBe(framing === "Transfer-Encoding: chunked");
  });

  it("of a WebSocket is a handshake with a key of our own", () => {
    const text = textOf(
      [...pseudo({ ":method": "CONNECT", ":protocol": "websocket" }), "sec-websocket-key", "mine"],
      false,
    );
    expect(text?.head).toBe(
      `GET /x HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Key: ${KEY}\r\n\r\n`,
    );
    expect(text?.webSocketKey).toBe(KEY);
  });

  it("names both hosts where they differ, and one where they are the same", () => {
    const hosts = (raw: string[]): number => textOf(raw)?.head.match(/^host:/gim)?.length ?? 0;
    expect(hosts([...pseudo(), "host", "a"])).toBe(1);
    expect(hosts([...pseudo(), "host", "b"])).toBe(2);
    expect(hosts([...pseudo(), "host", "a", "host", "a"])).toBe(2);
  });

  it.each([
    ["a line end in a value", ["x-own", "a\r\nx: 1"]],
    ["a bare LF in a value", ["x-own", "a\nx: 1"]],
    ["NUL in a value", ["x-own", "a\0"]],
    ["a name that is no token", ["x own", "a"]],
    ["a name with a colon", ["x:", "a"]],
    ["an upper-case name", ["X-Own", "a"]],
    ["Connection", ["connection", "close"]],
    ["Transfer-Encoding", ["transfer-encoding", "chunked"]],
    ["TE that is not trailers", ["te", "gzip"]],
    ["a length and no body", ["content-length", "5"]],
  ])("cannot be said with %s", (_what, more) => {
    expect(textOf([...pseudo(), ...more])).toBeNull();
  });

  it("read by the engine holds the fields of the request and no others, whatever they are", () => {
    // Mostly what is near to being valid, so that much of it is taken.
    const value = fc.string({
      unit: fc.constantFrom("a", "/", ":", " ", "\t", "\r", "\n", "\0", ",", "\u00ff", "0"),
    });
    const name = fc.string({
      unit: fc.constantFrom("a", "b", "-", "_", ":", " ", "A", "\r", "\n"),
      maxLength: 6,
    });
    const field = fc.tuple(fc.oneof(name, fc.constantFrom("te", "host", "x-own", "connection")), value);
    fc.assert(
      fc.property(fc.array(field, { maxLength: 8 }), value, fc.boolean(), (fields, path, ended) => {
        const text = textOf([...pseudo({ ":path": `/${path}` }), ...fields.flat()], ended);
        if (text === null) return;
        const head = new RequestHead();
        const bytes = Buffer.from(text.head, "latin1");
        let bodyStart: number;
        try {
          bodyStart = head.scan(bytes, 0, bytes.length);
        } catch {
          return;
        }
        expect(bodyStart).toBe(bytes.length);
        expect([head.method, head.target]).toEqual(["GET", `/${path}`]);
        expect(head.bodyLength).toBe(ended ? 0 : CHUNKED);
        const seen = Array.from({ length: head.fields.count }, (_, index) => [
          head.fields.nameAt(index),
          head.fields.valueAt(index),
        ]);
        const sent = fields
          .filter(([key, said]) => !(key === "host" && said === "a"))
          .map(([key, said]) => [key, said.replace(/^[ \t]+|[ \t]+$/g, "")]);
        const framing = ended ? [] : [["transfer-encoding", "chunked"]];
        expect(seen).toEqual([["host", "a"], ...sent, ...framing, ["connection", "close"]]);
      }),
      { numRuns: 5_000 },
    );
  });
});

describe("the trailers of a request of HTTP/2 in HTTP/1.1", () => {
  it("are lines, or nothing that can be said", () => {
    expect(trailerTextOf(["x-sum", "1", "x-two", "a b"])).toBe("x-sum: 1\r\nx-two: a b\r\n");
    expect(trailerTextOf([])).toBe("");
    for (const raw of [
      ["x-sum", "1\r\n\r\nGET"],
      ["x-sum", "\n"],
      [":path", "/"],
      ["x:", "1"],
      ["", "1"],
    ])
      expect(trailerTextOf(raw)).toBeNull();
  });
});
