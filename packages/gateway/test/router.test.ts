import { once } from "node:events";
import type { IncomingMessage, ServerResponse } from "node:http";
import { connect, createServer as createTcpServer, type AddressInfo, type Socket } from "node:net";
import { afterEach, describe, expect, it } from "vitest";
import { entry, openBench, raw, writeKeys, type Bench } from "./support.ts";

let bench: Bench;
afterEach(async () => {
  await bench.close();
});

/** Tells what the sandbox saw. */
function echo(request: IncomingMessage, response: ServerResponse): void {
  const chunks: Buffer[] = [];
  request.on("data", (chunk: Buffer) => chunks.push(chunk));
  request.on("end", () => {
    const body = Buffer.concat(chunks).toString();
    response.setHeader("content-type", "application/json");
    response.end(
      JSON.stringify({ method: request.method, url: request.url, headers: request.headers, body }),
    );
  });
}

interface Echo {
  url: string;
  headers: Record<string, string>;
  body: string;
}

async function open(handler = echo, flags: Record<string, unknown> = {}): Promise<string> {
  bench = await openBench(handler, { routerPort: 0, ...flags });
  bench.routes.put("alice-box", entry("alice", "box"));
  return bench.gateway.routerUrl ?? "";
}

/** Headers that mean alice's box, whose pod is the bench's backend. */
function to(change: Record<string, string> = {}): Record<string, string> {
  return { "X-Sandbox-ID": "box", "X-Sandbox-Port": String(bench.backendPort), ...change };
}

/** Status and text of an answer that must be in upstream's shape and nothing else. */
async function told(response: Response): Promise<[status: number, detail: string]> {
  expect(response.headers.get("content-type")).toBe("application/json");
  const body = (await response.json()) as Record<string, unknown>;
  expect(Object.keys(body)).toEqual(["detail"]);
  return [response.status, String(body["detail"])];
}

/** A sandbox whose pod has an IP of its own. */
function at(
  ip: string,
  user: string,
  name: string,
  state: { state?: "Starting" } = {},
  labels: Record<string, string> = {},
): ReturnType<typeof entry> {
  const one = entry(user, name);
  return {
    sandbox: { ...one.sandbox, labels: { ...one.sandbox.labels, ...labels } },
    pod: { ...one.pod!, podIps: [ip] },
    state: { ...one.state, ...state },
  };
}

async function freePort(): Promise<number> {
  const server = createTcpServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, "close");
  return port;
}

describe("the router's listener", () => {
  it("is not there unless it is asked for", async () => {
    bench = await openBench(echo);
    expect(bench.gateway.routerUrl).toBeNull();
  });

  it("sends a request where its headers say, with the path as it came", async () => {
    const url = await open();
    const seen = (await (
      await fetch(`${url}/a%2Fb//c?d=1`, { method: "POST", body: "x", headers: to() })
    ).json()) as Echo;
    expect(seen).toMatchObject({ url: "/a%2Fb//c?d=1", body: "x" });
  });

  it("has only its health page to itself; every other path is the sandbox's", async () => {
    const url = await open();
    const health = await fetch(`${url}/healthz`);
    expect([health.status, await health.json()]).toEqual([200, { status: "ok" }]);
    for (const path of ["/health", "/readyz", "/sandboxes", "/-/x", "/healthz/x", "/alice/box/"]) {
      expect(((await (await fetch(url + path, { headers: to() })).json()) as Echo).url).toBe(path);
    }
  });

  it("takes a Host under the base domain as the host form, before any header", async () => {
    const url = await open();
    const host = `${bench.backendPort}--box--alice.localhost`;
    const answer = await raw(
      url,
      `GET /healthz HTTP/1.1\r\nHost: ${host}\r\nX-Sandbox-ID: other\r\nConnection: close\r\n\r\n`,
    );
    expect(answer).toContain('"url":"/healthz"');
    const malformed = await raw(
      url,
      "GET / HTTP/1.1\r\nHost: box.localhost\r\nX-Sandbox-ID: box\r\nConnection: close\r\n\r\n",
    );
    expect(malformed).toMatch(/^HTTP\/1\.1 400 /);
  });

  it("shows the sandbox its own address as Host, the client's in X-Forwarded-Host, and no credentials", async () => {
    const url = await open();
    const headers = to({
      authorization: "Bearer secret",
      "x-sandbox-anything": "1",
      "x-forwarded-for": "6.6.6.6",
    });
    const seen = ((await (await fetch(url, { headers })).json()) as Echo).headers;
    expect(seen).toMatchObject({
      host: `127.0.0.1:${bench.backendPort}`,
      "x-forwarded-host": new URL(url).host,
      "x-forwarded-for": "127.0.0.1",
    });
    expect(
      Object.keys(seen).filter((name) => name === "authorization" || name.startsWith("x-sandbox-")),
    ).toEqual([]);
  });

  it("means port 8888 where none is named, whatever the sandbox declares", async () => {
    const port = await freePort();
    const url = await open(echo, { sandboxPort: port });
    const [status, detail] = await told(await fetch(url, { headers: { "X-Sandbox-ID": "box" } }));
    expect(status).toBe(502);
    expect(detail).toContain(`port ${port}`);
  });

  it.each([
    [{}, "X-Sandbox-ID header is required."],
    [{ "X-Sandbox-ID": "box.evil.example" }, "Invalid sandbox ID format."],
    [{ "X-Sandbox-ID": "box", "X-Sandbox-Namespace": "a_b" }, "Invalid namespace format."],
    [{ "X-Sandbox-ID": "box", "X-Sandbox-Port": "65536" }, "Invalid port format."],
    [{ "X-Sandbox-ID": "box", "X-Sandbox-Pod-IP": "169.254.169.254" }, "Invalid target IP address."],
  ])("refuses %o in upstream's words", async (headers, detail) => {
    const url = await open();
    expect(await told(await fetch(url, { headers }))).toEqual([400, detail]);
  });

  it("answers what is no request in upstream's shape too", async () => {
    const url = await open();
    const answer = await raw(url, "GET / HTTP/1.1\r\nHost: a b\r\nConnection: close\r\n\r\n");
    expect(answer).toMatch(/^HTTP\/1\.1 400 [\s\S]*\r\n\r\n\{"detail":"[^"]+"\}$/);
  });

  it("tunnels an upgrade and drops its Origin, which would not fit the Host", async () => {
    const url = await open(echo, { allowOrigin: "http://page.example" });
    bench.backend.on("upgrade", (request: IncomingMessage, socket: Socket) => {
      socket.write("HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: echo\r\n\r\n");
      socket.write(JSON.stringify(request.headers));
      socket.on("data", (chunk) => socket.end(chunk));
    });
    const { hostname, port } = new URL(url);
    const socket = connect(Number(port), hostname);
    const head = Object.entries(to({ Origin: "http://page.example" })).map(
      (pair) => `${pair.join(": ")}\r\n`,
    );
    socket.write(
      `GET /ws HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: Upgrade\r\nUpgrade: echo\r\n${head.join("")}\r\n`,
    );
    let text = "";
    socket.setEncoding("latin1").on("data", (chunk: string) => {
      text += chunk;
      if (text.endsWith("}")) socket.write("ping");
    });
    await once(socket, "end");
    expect(text).toMatch(/^HTTP\/1\.1 101 [\s\S]*ping$/);
    expect(text).not.toContain("page.example");
  });

  it("refuses an upgrade in upstream's shape", async () => {
    const url = await open();
    const answer = await raw(
      url,
      "GET / HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: Upgrade\r\nUpgrade: echo\r\n\r\n",
    );
    expect(answer).toMatch(/^HTTP\/1\.1 400 [\s\S]*\{"detail":"X-Sandbox-ID header is required."\}$/);
  });

  it("refuses a page of another site and, on loopback, a foreign Host", async () => {
    const url = await open();
    expect((await told(await fetch(url, { headers: to({ origin: "https://evil.example" }) })))[0]).toBe(403);
    const lines = Object.entries(to()).map((pair) => `${pair.join(": ")}\r\n`);
    const rebound = await raw(
      url,
      `GET / HTTP/1.1\r\nHost: evil.example\r\n${lines.join("")}Connection: close\r\n\r\n`,
    );
    expect(rebound).toMatch(/^HTTP\/1\.1 403 /);
  });
});

describe("which sandbox a request in header form reaches", () => {
  it("is said by namespace and name, also where two claim one address", async () => {
    const url = await open();
    const other = entry("alice", "box");
    bench.routes.put("second", {
      ...other,
      sandbox: { ...other.sandbox, uid: "second", namespace: "team", createdAtMs: 2 },
      pod: { ...other.pod!, namespace: "team", sandboxUid: "second" },
    });
    expect(bench.routes.find("alice", "box")?.sandboxUid).toBe("alice-box");
    const response = await fetch(url, { headers: to({ "X-Sandbox-Namespace": "team" }) });
    expect(response.status).toBe(200);
    expect((await fetch(url, { headers: to({ "X-Sandbox-Namespace": "none" }) })).status).toBe(502);
  });

  it("must have the UID where one is sent, so that one made anew under the name is not taken for it", async () => {
    const url = await open();
    expect((await fetch(url, { headers: to({ "X-Sandbox-UID": "alice-box" }) })).status).toBe(200);
    const [status, detail] = await told(await fetch(url, { headers: to({ "X-Sandbox-UID": "before" }) }));
    expect([status, detail]).toEqual([409, "default/box has another UID than before."]);
  });

  it("is the named one where the pod IP is no ready sandbox's: no address out of a header is ever dialled", async () => {
    const url = await open();
    bench.routes.put("starting", at("10.88.0.8", "bob", "starting", { state: "Starting" }));
    bench.routes.put(
      "pooled",
      at("10.88.0.7", "bob", "pooled", {}, { "agents.x-k8s.io/warm-pool-sandbox": "1" }),
    );
    bench.routes.put("old", at("10.88.0.6", "bob", "old"));
    bench.routes.put("new", at("10.88.0.6", "bob", "new"));
    const nobodys = ["10.88.0.8", "10.88.0.7", "10.88.0.6", "10.96.0.1", "192.0.2.1", "2001:db8::1"];
    const statuses = nobodys.map(async (ip) => {
      const named = await fetch(url, { headers: to({ "X-Sandbox-Pod-IP": ip }) });
      const nobody = await fetch(url, { headers: to({ "X-Sandbox-ID": "none", "X-Sandbox-Pod-IP": ip }) });
      return [named.status, nobody.status];
    });
    for (const pair of await Promise.all(statuses)) expect(pair).toEqual([200, 502]);
  });

  it("is the one with the pod IP where the ID is nobody's, and none where they are different ones", async () => {
    const url = await open();
    bench.routes.put("bob-six", at("fd00:0:0::9", "bob", "six"));
    const ask = (more: Record<string, string>): Promise<Response> =>
      fetch(url, { headers: to({ "X-Sandbox-Pod-IP": "fd00::9", ...more }) });
    expect((await ask({ "X-Sandbox-ID": "none" })).status).toBe(200);
    expect((await ask({ "X-Sandbox-ID": "none", "X-Sandbox-UID": "bob-six" })).status).toBe(200);
    const replaced = await told(await ask({ "X-Sandbox-ID": "none", "X-Sandbox-UID": "gone" }));
    expect(replaced).toEqual([409, "default/six has another UID than gone."]);
    const torn = await told(await ask({}));
    expect(torn).toEqual([409, "fd00::9 is the address of default/six, not of default/box."]);
  });

  it("is never a warm pool's that no claim has taken, by name or by UID, in no form", async () => {
    const url = await open();
    const pooled = entry("default", "pool-x");
    const labels = { "agents.x-k8s.io/warm-pool-sandbox": "91dd7983" };
    bench.routes.put("u", { ...pooled, sandbox: { ...pooled.sandbox, labels } });
    const headers = to({ "X-Sandbox-ID": "pool-x", "X-Sandbox-UID": pooled.sandbox.uid });
    expect(await told(await fetch(url, { headers }))).toEqual([
      502,
      "Could not connect to the backend sandbox: pool-x. There is no sandbox default/pool-x.",
    ]);
    const path = `/default/pool-x:${bench.backendPort}/`;
    expect((await fetch(bench.gateway.url + path)).status).toBe(404);
    expect(await (await fetch(`${bench.gateway.url}/sandboxes`)).json()).toMatchObject({ count: 1 });
    bench.routes.put("u", pooled);
    expect((await fetch(url, { headers })).status).toBe(200);
  });

  it("may become known while the request waits, as a client asks that has just seen it ready", async () => {
    const url = await open();
    const asked = fetch(url, { headers: to({ "X-Sandbox-ID": "new" }) });
    await fetch(`${url}/healthz`);
    bench.routes.put("n", entry("alice", "new", { state: { state: "Starting", reason: "", message: "" } }));
    bench.routes.put("n", entry("alice", "new"));
    expect((await asked).status).toBe(200);
  });

  it.each([
    ["Suspended", ""],
    ["Failed", " Waiting does not help: delete it and make it anew."],
    ["Expired", " Waiting does not help: delete it and make it anew."],
  ] as const)("is told at once to be %s", async (state, advice) => {
    const url = await open();
    bench.routes.put(
      "alice-box",
      entry("alice", "box", { state: { state, reason: "Because", message: "so" } }),
    );
    const began = performance.now();
    expect(await told(await fetch(url, { headers: to() }))).toEqual([
      502,
      `Could not connect to the backend sandbox: box. default/box is ${state} (Because: so).${advice}`,
    ]);
    expect(performance.now() - began).toBeLessThan(1_000);
  });
});

describe("a router's listener off loopback", () => {
  it("is not opened to strangers by accident", async () => {
    bench = await openBench(echo);
    const flags = { routerPort: 0, routerHost: "0.0.0.0" };
    await expect(openBench(echo, flags)).rejects.toThrow(/would listen on 0\.0\.0\.0.*--api-keys/s);
    await expect(openBench(echo, { ...flags, auth: "none" })).rejects.toThrow(/--user-namespaces/);
  });
});

describe("who reaches it", () => {
  const keys = { alice: "key-of-alice", bob: "key-of-bob", root: "key-of-root" };

  it("is told by Bearer, Sandgate-Key, or the password in a URL", async () => {
    const url = await open(echo, { apiKeys: await writeKeys(keys) });
    expect((await told(await fetch(url, { headers: to() })))[0]).toBe(401);
    for (const credentials of [
      { authorization: `Bearer ${keys.alice}` },
      { authorization: `Basic ${Buffer.from(`any:${keys.alice}`).toString("base64")}` },
      { "sandgate-key": keys.alice },
    ]) {
      const response = await fetch(url, { headers: to(credentials) });
      expect(response.status).toBe(200);
      expect(await response.text()).not.toContain("key-of-alice");
    }
  });

  it("is its user and admins; to others it looks as if it were not there", async () => {
    const url = await open(echo, { apiKeys: await writeKeys(keys, ["root"]) });
    const ask = (key: string, id: string): Promise<Response> =>
      fetch(url, {
        headers: to({ authorization: `Bearer ${key}`, "X-Sandbox-ID": id, "X-Sandbox-Pod-IP": "10.88.0.2" }),
      });
    expect((await ask(keys.root, "box")).status).toBe(200);
    expect(await told(await ask(keys.bob, "box"))).toEqual([403, "bob reaches no sandbox default/box."]);
    // By its pod's IP neither, whether the ID is somebody's or nobody's.
    expect(await told(await ask(keys.bob, "none"))).toEqual([403, "bob reaches no sandbox default/none."]);
    expect((await ask(keys.alice, "none")).status).toBe(200);
  });

  it("is not a user whose name a foreign namespace only claims", async () => {
    const url = await open(echo, {
      apiKeys: await writeKeys(keys, ["root"]),
      userNamespaces: "agents-{user}",
    });
    expect((await fetch(url, { headers: to({ authorization: `Bearer ${keys.alice}` }) })).status).toBe(403);
    expect((await fetch(url, { headers: to({ authorization: `Bearer ${keys.root}` }) })).status).toBe(200);
  });
});

describe("a command is not carried out twice", () => {
  it("one that is too slow ends before its client gives up by itself, and in 4xx", async () => {
    let requests = 0;
    const url = await open((request) => {
      requests++;
      request.resume();
    });
    const ask = async (method: string): Promise<[string, number, boolean]> => {
      const began = performance.now();
      const response = await fetch(url, { method, headers: to({ "X-Sandbox-Timeout": "4" }) });
      return [method, (await told(response))[0], performance.now() - began < 4_000];
    };
    expect(await Promise.all(["POST", "PATCH", "GET", "PUT"].map(ask))).toEqual([
      ["POST", 408, true],
      ["PATCH", 408, true],
      ["GET", 504, true],
      ["PUT", 504, true],
    ]);
    expect(requests).toBe(4);
  });

  it.each([
    ["POST", 424],
    ["GET", 502],
  ])("a %s whose connection breaks ends in %i", async (method, status) => {
    let requests = 0;
    const url = await open((request) => {
      requests++;
      request.socket.destroy();
    });
    expect((await told(await fetch(url, { method, headers: to() })))[0]).toBe(status);
    expect(requests).toBe(1);
  });

  it.each([
    ["POST", 424],
    ["GET", 502],
  ])("a %s under way when the gateway has to end is answered with %i, not cut", async (method, status) => {
    const arrived = Promise.withResolvers<void>();
    const url = await open(() => arrived.resolve(), { drainTimeoutMs: 100 });
    const answer = fetch(url, { method, headers: to() });
    await arrived.promise;
    const closed = bench.gateway.close();
    expect(await told(await answer)).toEqual([
      status,
      expect.stringContaining("The gateway had to end before the sandbox answered.") as string,
    ]);
    await closed;
  });

  it("what never reached the sandbox may be sent again: 502", async () => {
    const url = await open();
    const headers = to({ "X-Sandbox-Port": String(await freePort()) });
    const [status, detail] = await told(await fetch(url, { method: "POST", body: "x", headers }));
    expect(status).toBe(502);
    expect(detail).toMatch(/^Could not connect to the backend sandbox: box\b/);
  });

  it("does not fail by a kept connection that the sandbox closes at that moment", async () => {
    const sockets = new Set<Socket>();
    const url = await open((request, response) => {
      sockets.add(request.socket);
      echo(request, response);
    });
    for (let round = 0; round < 3; round++)
      await (await fetch(url, { method: "POST", body: "x", headers: to() })).text();
    expect(sockets.size).toBe(3);
  });

  it("waits no longer than the operator allows, whatever the client asks for", async () => {
    const url = await open(() => {}, { routerTimeoutCapMs: 200 });
    const response = await fetch(url, { headers: to({ "X-Sandbox-Timeout": "3600" }) });
    expect((await told(response))[0]).toBe(504);
  });
});
