import { createHash } from "node:crypto";
import { mkdtempSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { afterEach, describe, expect, it } from "vitest";
import { echo, openEcho, type Echo } from "./echo-support.ts";
import { raw, type Bench } from "./support.ts";

let bench: Bench;
afterEach(async () => {
  await bench.close();
});

async function open(...options: Parameters<typeof openEcho>): Promise<string> {
  const opened = await openEcho(...options);
  bench = opened.bench;
  return opened.base;
}

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
    ["URL", "414", "URL_TOO_LONG", "8192", `GET /${"a".repeat(20_000)} HTTP/1.1\r\nHost: a\r\n\r\n`],
    [
      "header",
      "431",
      "REQUEST_HEAD_TOO_LARGE",
      "16384",
      `GET / HTTP/1.1\r\nHost: a\r\nX-Long: ${"a".repeat(20_000)}\r\n\r\n`,
    ],
  ])(
    "with a %s of 20 kB are refused with %s, which names the limit",
    async (_title, status, code, limit, request) => {
      await open();
      const answer = await raw(bench.gateway.url, request);
      expect(answer).toContain(`HTTP/1.1 ${status} `);
      expect(answer).toContain(`Sandgate-Error: ${code}`);
      expect(answer).toContain(`${limit} bytes`);
    },
  );

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
