import { once } from "node:events";
import type { IncomingMessage, ServerResponse } from "node:http";
import { connect, createServer as createTcpServer, type AddressInfo, type Socket } from "node:net";
import { afterEach, describe, expect, it } from "vitest";
import { echo, problemOf, openEcho, type Echo } from "./echo-support.ts";
import { entry, raw, type Bench } from "./support.ts";

let bench: Bench;
afterEach(async () => {
  await bench.close();
});

async function open(...options: Parameters<typeof openEcho>): Promise<string> {
  const opened = await openEcho(...options);
  bench = opened.bench;
  return opened.base;
}

describe("forwarding", () => {
  it.each(["GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"])(
    "passes %s on with path, query and body",
    async (method) => {
      const base = await open();
      const body = method === "GET" || method === "OPTIONS" ? null : "content";
      const seen = (await (await fetch(`${base}/a%2Fb//c/../d?x=%20&y`, { method, body })).json()) as Echo;
      expect(seen).toMatchObject({ method, body: body ?? "" });
      // fetch itself resolves the dots; the encoded slash and the double one arrive as they were written.
      expect(seen.url).toBe("/a%2Fb//d?x=%20&y");
    },
  );

  it("passes the raw path on as it came and calls the sandbox's root /", async () => {
    const base = await open();
    const path = new URL(base).pathname;
    const answer = await raw(
      bench.gateway.url,
      `GET ${path}/a/../b/./%2e HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n`,
    );
    expect(answer).toContain('"url":"/a/../b/./%2e"');
    expect(((await (await fetch(base)).json()) as Echo).url).toBe("/");
  });

  it("leaves the prefix in the path for programs that were told their address, on their ports alone", async () => {
    const base = await open();
    const annotate = (value: string): void => {
      const made = entry("alice", "box");
      const annotations = { "sandgate.dev/keep-prefix": value };
      bench.routes.put("alice-box", { ...made, sandbox: { ...made.sandbox, annotations } });
    };
    const { pathname } = new URL(base);
    const ask = async (): Promise<Echo> => (await (await fetch(`${base}/a?b=1`)).json()) as Echo;
    annotate(`1, ${bench.backendPort}`);
    const whole = await ask();
    expect(whole.url).toBe(`${pathname}/a?b=1`);
    expect(whole.headers).not.toHaveProperty("x-forwarded-prefix");
    annotate("*");
    expect((await ask()).url).toBe(`${pathname}/a?b=1`);
    annotate("1");
    expect((await ask()).url).toBe("/a?b=1");
  });

  it("tells the sandbox who asked and under which prefix, and believes nobody else about it", async () => {
    const base = await open();
    const headers = {
      "x-forwarded-for": "6.6.6.6",
      "x-forwarded-prefix": "/evil",
      "x-real-ip": "6.6.6.6",
      "x-sandbox-id": "other",
    };
    const seen = ((await (await fetch(`${base}/`, { headers })).json()) as Echo).headers;
    expect(seen).toMatchObject({
      "x-forwarded-for": "127.0.0.1",
      "x-forwarded-proto": "http",
      "x-forwarded-host": new URL(base).host,
      "x-forwarded-prefix": `/alice/box:${bench.backendPort}`,
    });
    expect(seen).not.toHaveProperty("x-real-ip");
    expect(seen).not.toHaveProperty("x-sandbox-id");
  });

  it("adds to X-Forwarded-For of a trusted proxy", async () => {
    const base = await open(echo, { trustedProxies: "127.0.0.0/8" });
    const seen = (
      (await (await fetch(`${base}/`, { headers: { "x-forwarded-for": "1.2.3.4" } })).json()) as Echo
    ).headers;
    expect(seen["x-forwarded-for"]).toBe("1.2.3.4, 127.0.0.1");
  });

  it("cuts hop-by-hop headers both ways, and what Connection names", async () => {
    await open((request, response) => {
      response.writeHead(200, {
        connection: "x-secret",
        "x-secret": "1",
        "x-kept": "1",
        "sandgate-error": "forged",
      });
      response.end(JSON.stringify(request.headers));
    });
    const path = `/alice/box:${bench.backendPort}/`;
    const answer = await raw(
      bench.gateway.url,
      `GET ${path} HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close, x-mine\r\nX-Mine: 1\r\nX-Other: 1\r\nProxy-Authorization: x\r\nTE: trailers\r\n\r\n`,
    );
    expect(answer).not.toMatch(/x-mine|proxy-authorization|"te"|x-secret|forged/i);
    expect(answer).toContain('"x-other":"1"');
    expect(answer.toLowerCase()).toContain("x-kept: 1");
  });

  it("streams both ways without waiting for the end", async () => {
    const base = await open((request, response) => {
      request.on("data", (chunk: Buffer) => response.write(chunk));
      request.on("end", () => response.end());
    });
    const source = new TransformStream<Uint8Array, Uint8Array>();
    const writer = source.writable.getWriter();
    const answer = fetch(base, { method: "POST", body: source.readable, duplex: "half" });
    await writer.write(Buffer.from("one"));
    const reader = (await answer).body?.getReader();
    expect(Buffer.from((await reader?.read())?.value ?? []).toString()).toBe("one");
    await writer.write(Buffer.from("two"));
    expect(Buffer.from((await reader?.read())?.value ?? []).toString()).toBe("two");
    await writer.close();
    expect((await reader?.read())?.done).toBe(true);
  });

  it("does not gather a body that the client does not read", async () => {
    const MEBIBYTES = 128;
    let written = 0;
    const base = await open((_request, response) => {
      const block = Buffer.alloc(1024 * 1024);
      const more = (): void => {
        for (; written < MEBIBYTES; written++) {
          if (!response.write(block)) {
            written++;
            response.once("drain", more);
            return;
          }
        }
        response.end();
      };
      more();
    });
    const { hostname, port, pathname } = new URL(base);
    const socket = connect(Number(port), hostname);
    socket.write(`GET ${pathname} HTTP/1.1\r\nHost: ${hostname}\r\nConnection: close\r\n\r\n`);
    await once(socket, "readable");
    let before = -1;
    // The sandbox is held up once the sockets between it and the client are full.
    await expect
      .poll(
        () => {
          const still = written === before;
          before = written;
          return still;
        },
        { interval: 300, timeout: 10_000 },
      )
      .toBe(true);
    expect(written).toBeLessThan(MEBIBYTES / 2);
    let size = 0;
    for await (const chunk of socket as AsyncIterable<Buffer>) size += chunk.length;
    expect(size).toBeGreaterThan(MEBIBYTES * 1024 * 1024);
  });

  it("keeps Set-Cookie headers apart, passes trailers and answers HEAD without a body", async () => {
    const base = await open((request, response) => {
      if (request.method === "HEAD") {
        response.writeHead(200, { "content-length": "5" }).end();
        return;
      }
      response.setHeader("set-cookie", ["a=1", "b=2"]);
      response.writeHead(200, { trailer: "x-sum" });
      response.write("hello");
      response.addTrailers({ "x-sum": "5" });
      response.end();
    });
    expect((await fetch(base)).headers.getSetCookie()).toEqual([
      `a=1; Path=${new URL(base).pathname}/`,
      `b=2; Path=${new URL(base).pathname}/`,
    ]);
    expect((await fetch(base, { method: "HEAD" })).headers.get("content-length")).toBe("5");
    const answer = await raw(
      bench.gateway.url,
      `GET ${new URL(base).pathname} HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n`,
    );
    expect(answer.toLowerCase()).toContain("\r\nx-sum: 5\r\n");
  });

  it("sends the client's 100-continue on and waits for the sandbox's", async () => {
    await open(echo);
    const continued: string[] = [];
    bench.backend.on("checkContinue", (request: IncomingMessage, response: ServerResponse) => {
      continued.push(String(request.headers.expect));
      response.writeContinue();
      echo(request, response);
    });
    const path = `/alice/box:${bench.backendPort}/`;
    const answer = await raw(
      bench.gateway.url,
      `POST ${path} HTTP/1.1\r\nHost: 127.0.0.1\r\nExpect: 100-continue\r\nContent-Length: 2\r\nConnection: close\r\n\r\nhi`,
    );
    expect(continued).toEqual(["100-continue"]);
    expect(answer).toContain("100 Continue");
    expect(answer).toContain('"body":"hi"');
  });

  it("tunnels an upgrade, bytes untouched, each end closing on its own", async () => {
    await open();
    bench.backend.on("upgrade", (request: IncomingMessage, socket: Socket, head: Buffer) => {
      socket.write(
        `HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: ${request.headers.upgrade}\r\n\r\n`,
      );
      if (head.length > 0) socket.write(head);
      socket.on("data", (chunk) => socket.write(chunk));
      socket.on("end", () => socket.end("bye"));
    });
    const path = `/alice/box:${bench.backendPort}/ws`;
    const { hostname, port } = new URL(bench.gateway.url);
    const socket = connect({ port: Number(port), host: hostname, allowHalfOpen: true });
    socket.write(`GET ${path} HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: Upgrade\r\nUpgrade: echo\r\n\r\n`);
    let text = "";
    socket.setEncoding("latin1").on("data", (chunk: string) => {
      text += chunk;
      if (text.endsWith("\r\n\r\n")) socket.end("ping");
    });
    await once(socket, "end");
    expect(text).toMatch(/^HTTP\/1\.1 101 /);
    expect(text).toMatch(/\r\n\r\npingbye$/);
  });
});

describe("failures of a sandbox", () => {
  it("that refuses the port are told as REFUSED", async () => {
    await open();
    const free = createTcpServer().listen(0, "127.0.0.1");
    await once(free, "listening");
    const { port } = free.address() as AddressInfo;
    free.close();
    await once(free, "close");
    const response = await fetch(`${bench.gateway.url}/alice/box:${port}/`);
    expect(response.status).toBe(502);
    expect((await problemOf(response)).code).toBe("REFUSED");
  });

  it("that breaks before its answer are told as BROKEN, and nothing is sent twice", async () => {
    let requests = 0;
    const base = await open((request) => {
      requests++;
      request.socket.destroy();
    });
    const response = await fetch(base, { method: "POST", body: "once" });
    expect((await problemOf(response)).code).toBe("BROKEN");
    expect(requests).toBe(1);
  });

  it("that says nothing in time are told as TOO_SLOW", async () => {
    const base = await open(() => {}, { firstByteTimeoutMs: 100 });
    const response = await fetch(base);
    expect(response.status).toBe(504);
    expect((await problemOf(response)).code).toBe("TOO_SLOW");
  });

  it("in the middle of an answer cut the connection", async () => {
    const base = await open((_request, response) => {
      response.writeHead(200, { "content-length": "100" });
      response.write("part", () => response.destroy());
    });
    const response = await fetch(base);
    await expect(response.text()).rejects.toThrow();
  });

  it("or a client that goes end the other side's request", async () => {
    const gone = Promise.withResolvers<void>();
    const arrived = Promise.withResolvers<void>();
    const base = await open((request, response) => {
      arrived.resolve();
      response.once("close", () => gone.resolve());
      request.resume();
    });
    const abort = new AbortController();
    const call = fetch(base, { signal: abort.signal });
    call.catch(() => {});
    await arrived.promise;
    abort.abort();
    await gone.promise;
  });
});
