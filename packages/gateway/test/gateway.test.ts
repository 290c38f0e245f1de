import { createHash } from "node:crypto";
import { once } from "node:events";
import { mkdtempSync, renameSync, rmSync, writeFileSync } from "node:fs";
import type { IncomingMessage, ServerResponse } from "node:http";
import { connect, createServer as createTcpServer, type AddressInfo, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import type { SandboxState } from "@sandgate/contract";
import { afterEach, describe, expect, it } from "vitest";
import { startGateway } from "../src/index.ts";
import { entry, openBench, raw, type Bench } from "./support.ts";

let bench: Bench;
afterEach(async () => {
  await bench.close();
});

/** Tells what the sandbox saw. */
function echo(request: IncomingMessage, response: ServerResponse): void {
  const chunks: Buffer[] = [];
  request.on("data", (chunk: Buffer) => chunks.push(chunk));
  request.on("end", () => {
    response.setHeader("content-type", "application/json");
    response.end(
      JSON.stringify({
        method: request.method,
        url: request.url,
        headers: request.headers,
        body: Buffer.concat(chunks).toString(),
      }),
    );
  });
}

interface Echo {
  method: string;
  url: string;
  headers: Record<string, string>;
  body: string;
}

async function open(handler = echo, flags: Record<string, unknown> = {}): Promise<string> {
  bench = await openBench(handler, flags);
  bench.routes.put("alice-box", entry("alice", "box"));
  return `${bench.gateway.url}/alice/box:${bench.backendPort}`;
}

interface Answered {
  code: string;
  detail: string;
  status: number;
  retryable: boolean;
}

async function problemOf(response: Response): Promise<Answered> {
  expect(response.headers.get("content-type")).toBe("application/problem+json");
  const problem = (await response.json()) as Answered;
  expect(response.headers.get("sandgate-error")).toBe(problem.code);
  expect(problem.status).toBe(response.status);
  return problem;
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

describe("states", () => {
  async function answerOf(state: SandboxState, headers: Record<string, string> = {}): Promise<Response> {
    await open(echo, { pathModePages: true });
    bench.routes.put(
      "alice-box",
      entry("alice", "box", { state: { state, reason: "Because", message: "so it is" } }),
    );
    return fetch(`${bench.gateway.url}/alice/box/`, { headers });
  }

  it.each(["Suspended", "Suspending", "Starting"] as const)(
    "%s is answered with its reason and when to come back",
    async (state) => {
      const response = await answerOf(state);
      expect(response.status).toBe(503);
      expect(response.headers.get("retry-after")).toBe("1");
      const { code, detail, retryable } = await problemOf(response);
      expect({ code, retryable }).toEqual({ code: "SANDBOX_NOT_READY", retryable: true });
      expect(detail).toContain("Because: so it is");
    },
  );

  it.each(["Failed", "Succeeded", "Expired"] as const)(
    "%s is answered with its reason and what to do, for it does not end by waiting",
    async (state) => {
      const response = await answerOf(state);
      expect(response.status).toBe(503);
      expect(response.headers.has("retry-after")).toBe(false);
      const { code, detail, retryable } = await problemOf(response);
      expect({ code, retryable }).toEqual({ code: "SANDBOX_ENDED", retryable: false });
      expect(detail).toContain("Because: so it is");
      expect(detail).toMatch(/delete it and make it anew/);
    },
  );

  it("Failed is shown as a page that does not reload itself", async () => {
    const page = await (
      await answerOf("Failed", { accept: "text/html", "sec-fetch-dest": "document" })
    ).text();
    expect(page).toContain("make it anew");
    expect(page).not.toContain("http-equiv");
  });

  it("of an unknown sandbox is 404 once the sandboxes are known, and 503 before", async () => {
    await open();
    expect((await problemOf(await fetch(`${bench.gateway.url}/alice/none/`))).code).toBe("SANDBOX_NOT_FOUND");
    bench.health.synced = false;
    expect((await problemOf(await fetch(`${bench.gateway.url}/alice/none/`))).code).toBe("NOT_SYNCED");
    expect((await fetch(`${bench.gateway.url}/readyz`)).status).toBe(503);
    expect(((await (await fetch(`${bench.gateway.url}/health`)).json()) as { status: string }).status).toBe(
      "degraded",
    );
  });

  it("follow the table at once", async () => {
    const base = await open();
    expect((await fetch(base)).status).toBe(200);
    bench.routes.put("alice-box", undefined);
    expect((await fetch(base)).status).toBe(404);
  });
});

describe("a sandbox with as many requests under way as it may have", () => {
  it("gets no more until one has ended, and the others are not affected", async () => {
    const held: ServerResponse[] = [];
    const base = await open((_request, response) => void held.push(response), { maxInFlightPerSandbox: 2 });
    bench.routes.put("alice-other", entry("alice", "other"));
    const first = fetch(base);
    await expect.poll(() => held).toHaveLength(1);
    const second = fetch(base);
    await expect.poll(() => held).toHaveLength(2);
    const refused = await fetch(base);
    expect([refused.status, refused.headers.get("retry-after")]).toEqual([429, "1"]);
    expect((await problemOf(refused)).code).toBe("SANDBOX_BUSY");
    const other = fetch(base.replace("/box", "/other"));
    await expect.poll(() => held).toHaveLength(3);
    for (const response of held.splice(0)) response.end("done");
    for (const answer of [first, second, other]) expect(await (await answer).text()).toBe("done");
    const again = fetch(base);
    await expect.poll(() => held).toHaveLength(1);
    held[0]?.end("again");
    expect(await (await again).text()).toBe("again");
  });
});

describe("other sites' pages", () => {
  it.each([
    ["a foreign Host", { host: "evil.example" }, "HOST_FORBIDDEN"],
    ["a foreign Origin", { host: "127.0.0.1", origin: "https://evil.example" }, "ORIGIN_FORBIDDEN"],
    ["an opaque Origin", { host: "127.0.0.1", origin: "null" }, "ORIGIN_FORBIDDEN"],
    ["a cross-site fetch", { host: "127.0.0.1", "sec-fetch-site": "cross-site" }, "ORIGIN_FORBIDDEN"],
    ["another sandbox's page", { host: "127.0.0.1", "sec-fetch-site": "same-site" }, "ORIGIN_FORBIDDEN"],
  ])("are refused for %s", async (_title, headers, code) => {
    await open();
    const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`);
    const answer = await raw(
      bench.gateway.url,
      `GET /alice/box/ HTTP/1.1\r\n${lines.join("")}Connection: close\r\n\r\n`,
    );
    expect(answer).toMatch(/^HTTP\/1\.1 403 /);
    expect(answer).toContain(code);
  });

  it("may be allowed by name", async () => {
    const base = await open(echo, { allowOrigin: "https://app.example", publicUrl: "https://gate.example" });
    expect((await fetch(base, { headers: { origin: "https://app.example" } })).status).toBe(200);
    const answer = await raw(
      bench.gateway.url,
      `GET ${new URL(base).pathname}/ HTTP/1.1\r\nHost: gate.example\r\nConnection: close\r\n\r\n`,
    );
    expect(answer).toMatch(/^HTTP\/1\.1 200 /);
  });

  it("get a page of a sandbox at an origin of its own", async () => {
    const base = await open();
    const headers = { "sec-fetch-dest": "document", "sec-fetch-mode": "navigate", "sec-fetch-site": "none" };
    const response = await fetch(`${base}/x?y=1`, { headers, redirect: "manual" });
    expect(response.status).toBe(307);
    const { port } = new URL(bench.gateway.url);
    const host = `${bench.backendPort}--box--alice.localhost`;
    expect(response.headers.get("location")).toBe(`http://${host}:${port}/x?y=1`);
    const page = await raw(
      bench.gateway.url,
      `GET /health HTTP/1.1\r\nHost: ${host}:${port}\r\nConnection: close\r\n\r\n`,
    );
    expect(page).toContain('"url":"/health"');
    expect(page).not.toContain("x-forwarded-prefix");
  });

  it("are sent from the bare address to the one with a slash, where relative references begin; programs are not", async () => {
    const base = await open(echo, { pathModePages: true });
    const { pathname } = new URL(base);
    const headers = { "sec-fetch-dest": "document" };
    const response = await fetch(`${base}?a=/b`, { headers, redirect: "manual" });
    expect(response.status).toBe(307);
    expect(response.headers.get("location")).toBe(`${pathname}/?a=/b`);
    expect((await fetch(`${base}/?a`, { headers, redirect: "manual" })).status).toBe(200);
    expect((await fetch(`${base}?a=/b`, { redirect: "manual" })).status).toBe(200);
  });

  it("get it under the base domain, by the scheme and port that they used", async () => {
    const base = await open(echo, {
      baseDomain: "sandboxes.example",
      publicUrl: "https://gate.example",
      trustedProxies: "127.0.0.1",
    });
    const { pathname } = new URL(base);
    const ask = (host: string, path: string, more = ""): Promise<string> =>
      raw(
        bench.gateway.url,
        `GET ${path} HTTP/1.1\r\nHost: ${host}\r\nX-Forwarded-Proto: https\r\n${more}Connection: close\r\n\r\n`,
      );
    const host = `${bench.backendPort}--box--alice.sandboxes.example`;
    const redirect = await ask("gate.example:8443", `${pathname}/x?y`, "Sec-Fetch-Dest: document\r\n");
    expect(redirect).toContain(`Location: https://${host}:8443/x?y\r\n`);
    expect(await ask(`${host}:8443`, "/x?y")).toContain('"url":"/x?y"');
    expect(await ask("evil.sandboxes.example", "/")).toContain("ADDRESS_MALFORMED");
    const listed = (await (await fetch(`${bench.gateway.url}/sandboxes`)).json()) as {
      sandboxes: { host: string }[];
    };
    expect(listed.sandboxes.map((one) => one.host)).toEqual(["box--alice.sandboxes.example"]);
  });

  it("get it in path mode only where that is switched on", async () => {
    const base = await open(echo, { pathModePages: true });
    expect((await fetch(base, { headers: { "sec-fetch-dest": "document" } })).status).toBe(200);
  });
});

describe("malformed requests", () => {
  it.each([
    ["URL", `GET /${"a".repeat(20_000)} HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n`],
    ["header", `GET / HTTP/1.1\r\nHost: 127.0.0.1\r\nX-Long: ${"a".repeat(20_000)}\r\n\r\n`],
  ])("with a %s of 20 kB are refused with 431, which names the limit", async (_title, request) => {
    await open();
    const answer = await raw(bench.gateway.url, request);
    expect(answer).toMatch(/^HTTP\/1\.1 431 /);
    expect(answer).toContain("Sandgate-Error: REQUEST_HEAD_TOO_LARGE");
    expect(answer).toContain("16384 bytes");
  });

  it.each([
    [
      "two Hosts",
      "GET /alice/box/ HTTP/1.1\r\nHost: 127.0.0.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n",
    ],
    ["no Host", "GET /alice/box/ HTTP/1.1\r\nConnection: close\r\n\r\n"],
    ["a Host that is none", "GET /alice/box/ HTTP/1.1\r\nHost: a b\r\nConnection: close\r\n\r\n"],
    [
      "an absolute target",
      "GET http://127.0.0.1/alice/box/ HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n",
    ],
    ["an encoded user", "GET /al%69ce/box/ HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n"],
    ["a host form that is none", "GET / HTTP/1.1\r\nHost: box.localhost\r\nConnection: close\r\n\r\n"],
    [
      "both lengths",
      "POST /alice/box/ HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\nConnection: close\r\n\r\n0\r\n\r\n",
    ],
  ])("with %s are refused with 400", async (_title, request) => {
    await open();
    expect(await raw(bench.gateway.url, request)).toMatch(/^HTTP\/1\.1 400 /);
  });

  it.each(["TRACE", "CONNECT"])("of the method %s are refused", async (method) => {
    await open();
    const answer = await raw(
      bench.gateway.url,
      `${method} /alice/box/ HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n`,
    );
    expect(answer).toMatch(/^HTTP\/1\.1 4\d\d /);
  });
});

describe("API keys", () => {
  const hash = (key: string): string => createHash("sha256").update(key).digest("hex");
  const keys = (list: readonly object[]): string => JSON.stringify(list);

  async function withKeys(work: (base: string, path: string) => Promise<void>): Promise<void> {
    const folder = mkdtempSync(join(tmpdir(), "sandgate-keys-"));
    const path = join(folder, "keys.yaml");
    writeFileSync(
      path,
      keys([
        { id: "alice", sha256: hash("ka"), user: "alice" },
        { id: "bob", sha256: hash("kb"), user: "bob" },
        { id: "ops", sha256: hash("ko"), user: "ops", roles: ["admin"] },
      ]),
    );
    try {
      await work(await open(echo, { apiKeys: path }), path);
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  }

  it("decide who reaches and sees what", async () => {
    await withKeys(async (base) => {
      const as = (headers: Record<string, string>): Promise<Response> => fetch(base, { headers });
      expect((await as({})).status).toBe(401);
      expect((await as({ authorization: "Bearer wrong" })).status).toBe(401);
      expect((await as({ authorization: "Bearer kb" })).status).toBe(403);
      expect((await as({ authorization: "Bearer ka" })).status).toBe(200);
      expect((await as({ authorization: "bearer ko" })).status).toBe(200);
      expect((await as({ authorization: `Basic ${Buffer.from("x:ka").toString("base64")}` })).status).toBe(
        200,
      );
      const listed = await fetch(`${bench.gateway.url}/sandboxes`, { headers: { "sandgate-key": "kb" } });
      expect(((await listed.json()) as { count: number }).count).toBe(0);
      expect((await fetch(`${bench.gateway.url}/sandboxes`)).status).toBe(401);
      expect((await fetch(`${bench.gateway.url}/health`)).status).toBe(200);
    });
  });

  it("never reach a sandbox, and Sandgate-Key leaves Authorization to it", async () => {
    await withKeys(async (base) => {
      const seen = async (headers: Record<string, string>): Promise<Record<string, string>> =>
        ((await (await fetch(base, { headers })).json()) as Echo).headers;
      expect(await seen({ authorization: "Bearer ka" })).not.toHaveProperty("authorization");
      const own = await seen({ "sandgate-key": "ka", authorization: "Bearer sandbox-token" });
      expect(own["authorization"]).toBe("Bearer sandbox-token");
      expect(own).not.toHaveProperty("sandgate-key");
    });
  });

  it("follow their file, and stay where a new one is broken", async () => {
    await withKeys(async (base, path) => {
      const status = async (): Promise<number> =>
        (await fetch(base, { headers: { "sandgate-key": "new" } })).status;
      expect(await status()).toBe(401);
      writeFileSync(`${path}.new`, keys([{ id: "new", sha256: hash("new"), user: "alice" }]));
      renameSync(`${path}.new`, path);
      await expect.poll(status, { interval: 10 }).toBe(200);
      writeFileSync(path, "- broken");
      await delay(0);
      expect(await status()).toBe(200);
    });
  });
});

describe("GET /health", () => {
  it("tells an API server that cannot be followed from a cluster without agent-sandbox", async () => {
    await open();
    const health = async (): Promise<unknown> => (await fetch(`${bench.gateway.url}/health`)).json();
    expect(await health()).toMatchObject({ status: "ok", reason: null, agentSandbox: "complete" });
    bench.health.error = "connection refused by 10.0.0.1";
    expect(await health()).toMatchObject({
      status: "degraded",
      reason: "the API server cannot be followed",
    });
    bench.health.agentSandbox = "missing";
    expect(await health()).toMatchObject({
      status: "degraded",
      reason: "the cluster does not serve agent-sandbox",
      agentSandbox: "missing",
    });
  });
});

describe("starting", () => {
  it("is refused on an address that strangers reach without a word on who may", async () => {
    await open();
    const source = { routes: bench.routes, health: bench.health };
    const { GATEWAY_KEYS, loadConfig } = await import("@sandgate/contract");
    const config = (flags: Record<string, unknown>): Parameters<typeof startGateway>[0]["config"] =>
      loadConfig(GATEWAY_KEYS, { flags: { port: 0, ...flags } }).values;
    await expect(startGateway({ config: config({ host: "0.0.0.0" }), source })).rejects.toThrow(
      /--api-keys FILE/,
    );
    await expect(startGateway({ config: config({ host: "0.0.0.0", auth: "none" }), source })).rejects.toThrow(
      /--user-namespaces/,
    );
    const { port } = new URL(bench.gateway.url);
    await expect(startGateway({ config: config({ port }), source })).rejects.toThrow(/is taken.*--port/);
  });

  it("has metrics on a listener of their own", async () => {
    const base = await open(echo, { metricsPort: 0 });
    await fetch(base);
    await fetch(`${bench.gateway.url}/alice/none/`);
    const text = await (await fetch(`${bench.gateway.metricsUrl}/metrics`)).text();
    expect(text).toContain('sandgate_requests_total{code="2xx"} 1');
    expect(text).toContain('sandgate_errors_total{error="SANDBOX_NOT_FOUND"} 1');
    expect((await fetch(`${bench.gateway.url}/metrics`)).status).toBe(404);
  });
});
