import { describe, expect, it } from "vitest";
import { readSandboxRequest } from "./sandbox-request.ts";

const read = (text: string): ReturnType<typeof readSandboxRequest> =>
  readSandboxRequest(Buffer.from(text, "latin1"));

describe("the engine's head for a sandbox that speaks HTTP/2", () => {
  it("is read once it is all there, wherever it is cut", () => {
    const head = "POST /a?b HTTP/1.1\r\nHost: box\r\nContent-Length: 3\r\n\r\n";
    for (let end = 0; end < head.length; end++) expect(read(head.slice(0, end))).toBeNull();
    expect(read(`${head}abc`)).toMatchObject({ method: "POST", bodyLength: 3, bodyStart: head.length });
  });

  it("has the words of HTTP/2 in place of its own", () => {
    const lines =
      "Host: box:80\r\nTransfer-Encoding: chunked\r\nX-A: 1\r\nx-a: 2\r\nx-A: 3\r\nTE: gzip\r\nCookie: a=1; b=2\r\n";
    const request = read(`PUT /a HTTP/1.1\r\n${lines}\r\n`);
    expect(request?.bodyLength).toBe(-1);
    expect({ ...request?.headers }).toEqual({
      ":method": "PUT",
      ":scheme": "http",
      ":authority": "box:80",
      ":path": "/a",
      te: "trailers",
      "x-a": ["1", "2", "3"],
      cookie: "a=1; b=2",
    });
  });

  it("may have names that objects have", () => {
    const request = read(
      "GET / HTTP/1.1\r\nHost: box\r\n__proto__: 1\r\n__proto__: 2\r\nconstructor: 3\r\n\r\n",
    );
    expect(Object.entries(request?.headers ?? {}).slice(-2)).toEqual([
      ["__proto__", ["1", "2"]],
      ["constructor", "3"],
    ]);
  });

  it("without a length has no body", () => {
    expect(read("GET / HTTP/1.1\r\nHost: box\r\n\r\n")).toMatchObject({ bodyLength: 0 });
  });
});
