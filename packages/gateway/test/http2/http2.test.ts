import { execFile } from "node:child_process";
import type { ClientHttp2Session } from "node:http2";
import type { RequestListener } from "node:http";
import { promisify } from "node:util";
import { afterEach, describe, expect, it } from "vitest";
import { echo, type Echo } from "../echo-support.ts";
import { entry, openBench, writeKeys, type Bench } from "../support.ts";
import { connect2, send2 } from "./h2-support.ts";

const run = promisify(execFile);

let bench: Bench;
let session: ClientHttp2Session | undefined;
/** `/alice/box:PORT` */
let prefix: string;

async function open(
  handler: RequestListener = echo,
  flags: Readonly<Record<string, unknown>> = {},
): Promise<ClientHttp2Session> {
  bench = await openBench(handler, flags);
  bench.routes.put("alice-box", entry("alice", "box"));
  prefix = `/alice/box:${bench.backendPort}`;
  session = await connect2(bench.gateway.url);
  return session;
}

afterEach(async () => {
  session?.destroy();
  session = undefined;
  await bench.close();
});

describe("a request by HTTP/2", () => {
  it("reaches the sandbox as one of HTTP/1.1, with what it said and what the gateway adds", async () => {
    const client = await open();
    const answer = await send2(client, {
      ":path": `${prefix}/a?b=c`,
      "x-own": "yes",
      te: "trailers",
      "user-agent": "test",
    });
    expect(answer.status).toBe(200);
    const seen = JSON.parse(answer.body.toString()) as Echo;
    const host = new URL(bench.gateway.url).host;
    expect(seen).toMatchObject({ method: "GET", url: "/a?b=c" });
    expect(seen.headers).toMatchObject({
      host,
      "x-own": "yes",
      "user-agent": "test",
      "x-forwarded-for": "127.0.0.1",
      "x-forwarded-host": host,
      "x-forwarded-proto": "http",
      "x-forwarded-prefix": prefix,
    });
    expect(seen.headers).not.toHaveProperty("te");
    expect(Object.keys(answer.headers)).not.toContain("connection");
    expect(Object.keys(answer.headers)).not.toContain("transfer-encoding");
  });

  it("finds its sandbox by its host", async () => {
    const client = await open();
    const answer = await send2(client, {
      ":authority": `${bench.backendPort}--box--alice.localhost`,
      ":path": "/alice/x",
    });
    expect((JSON.parse(answer.body.toString()) as Echo).url).toBe("/alice/x");
  });

  it("finds it by its headers on the router's listener", async () => {
    await open(echo, { routerPort: 0 });
    const router = await connect2(bench.gateway.routerUrl ?? "");
    const answer = await send2(router, {
      ":path": "/x",
      "x-sandbox-id": "box",
      "x-sandbox-port": String(bench.backendPort),
    });
    expect((JSON.parse(answer.body.toString()) as Echo).url).toBe("/x");
    router.destroy();
  });

  it("is let in by its key and not by another, each request of a connection by its own", async () => {
    const apiKeys = await writeKeys({ alice: "sk-alice", bob: "sk-bob" });
    const client = await open(echo, { apiKeys });
    const status = async (key: string | undefined): Promise<number> => {
      const headers = key === undefined ? {} : { authorization: `Bearer ${key}` };
      return (await send2(client, { ":path": `${prefix}/`, ...headers })).status;
    };
    expect(await Promise.all(["sk-alice", "sk-bob", undefined, "sk-alice", "sk-no"].map(status))).toEqual([
      200, 403, 401, 200, 401,
    ]);
  });

  it("has its cookies in one header, as HTTP/1.1 wants them", async () => {
    const client = await open();
    const answer = await send2(client, { ":path": `${prefix}/`, cookie: ["a=1", "b=2", "c=3"] });
    expect((JSON.parse(answer.body.toString()) as Echo).headers["cookie"]).toBe("a=1; b=2; c=3");
  });

  it("is answered in the gateway's own words where there is no such sandbox", async () => {
    const client = await open();
    const answer = await send2(client, { ":path": "/alice/none/" });
    expect([answer.status, answer.headers["sandgate-error"]]).toEqual([404, "SANDBOX_NOT_FOUND"]);
    expect(JSON.parse(answer.body.toString())).toMatchObject({ code: "SANDBOX_NOT_FOUND" });
  });

  it("for a page in a browser is sent to the sandbox's own origin", async () => {
    const client = await open();
    const answer = await send2(client, { ":path": `${prefix}/`, "sec-fetch-dest": "document" });
    expect(answer.status).toBe(307);
    expect(answer.headers.location).toMatch(/^http:\/\/\d+--box--alice\.localhost:\d+\/$/);
  });
});

describe("an answer by HTTP/2", () => {
  it("has its redirects and cookies kept to the sandbox's own part", async () => {
    const client = await open((_request, response) => {
      response.writeHead(302, {
        location: "/login",
        "set-cookie": ["a=1; Path=/", "b=2; Path=/x; Domain=a.b"],
      });
      response.end();
    });
    const answer = await send2(client, { ":path": `${prefix}/` });
    expect(answer.status).toBe(302);
    expect(answer.headers.location).toBe(`${prefix}/login`);
    expect(answer.headers["set-cookie"]).toEqual([`a=1; Path=${prefix}/`, `b=2; Path=${prefix}/x`]);
  });

  it("to HEAD has no body and the length that it says", async () => {
    const client = await open((_request, response) =>
      response.writeHead(200, { "content-length": 1234 }).end(),
    );
    const answer = await send2(client, { ":method": "HEAD", ":path": `${prefix}/` });
    expect([answer.status, answer.headers["content-length"], answer.body.length]).toEqual([200, "1234", 0]);
  });

  it.each([204, 304])("of status %i ends with its head", async (status) => {
    const client = await open((_request, response) => response.writeHead(status, { etag: '"x"' }).end());
    const answer = await send2(client, { ":path": `${prefix}/` });
    expect([answer.status, answer.headers["etag"], answer.body.length]).toEqual([status, '"x"', 0]);
  });

  it("comes after the interim ones that the sandbox sends", async () => {
    const client = await open((_request, response) => {
      response.writeEarlyHints({ link: "</style.css>; rel=preload" });
      response.end("done");
    });
    const answer = await send2(client, { ":path": `${prefix}/` });
    expect(answer.interim.map((one) => [one[":status"], one["link"]])).toEqual([
      [103, "</style.css>; rel=preload"],
    ]);
    expect(answer.body.toString()).toBe("done");
  });

  it("is not begun before the sandbox wants the body that the client asks about", async () => {
    const client = await open();
    const stream = client.request({ ":method": "POST", ":path": `${prefix}/`, expect: "100-continue" });
    const interim = await new Promise<number | undefined>((resolve) =>
      stream.once("headers", (headers) => resolve(headers[":status"])),
    );
    expect(interim).toBe(100);
    stream.destroy();
  });

  it("has headers of several values and of bytes beyond ASCII as the sandbox sends them", async () => {
    const client = await open((_request, response) => {
      response.setHeader("x-many", ["1", "2"]);
      response.setHeader("x-bytes", "gr\u00fc\u00dfe");
      response.end();
    });
    const { raw } = await send2(client, { ":path": `${prefix}/` });
    const pairs = raw.flatMap((name, index) => (index % 2 === 0 ? [`${name}=${raw[index + 1]}`] : []));
    expect(pairs).toEqual(expect.arrayContaining(["x-many=1", "x-many=2", "x-bytes=gr\u00fc\u00dfe"]));
  });
});

describe("a large head of an answer", () => {
  it("comes whole", async () => {
    await open((_request, response) => {
      for (let index = 0; index < 10; index++) response.setHeader(`x-${index}`, "x".repeat(6_000));
      response.end("ok");
    });
    session?.destroy();
    session = await connect2(bench.gateway.url, { settings: { maxHeaderListSize: 200_000 } });
    const answer = await send2(session, { ":path": `${prefix}/` });
    expect(answer.headers["x-9"]).toHaveLength(6_000);
  });
});

describe("curl by HTTP/2", () => {
  it("with prior knowledge gets what the sandbox answers, and downloads whole", async () => {
    await open((request, response) => {
      if (request.url === "/big") response.end(Buffer.alloc(3_000_000, "x"));
      else echo(request, response);
    });
    const curl = async (path: string): Promise<string> => {
      const args = ["-s", "--http2-prior-knowledge", "-w", "\n%{http_version} %{size_download}"];
      return (await run("curl", [...args, bench.gateway.url + prefix + path], { maxBuffer: 1e7 })).stdout;
    };
    const [body = "", version] = (await curl("/a?b=c")).split("\n");
    expect(version).toMatch(/^2 /);
    expect((JSON.parse(body) as Echo).url).toBe("/a?b=c");
    expect((await curl("/big")).endsWith("\n2 3000000")).toBe(true);
  });

  it("by Upgrade stays at HTTP/1.1", async () => {
    await open();
    const args = ["-s", "--http2", "-w", "\n%{http_version}", `${bench.gateway.url}${prefix}/`];
    const { stdout } = await run("curl", args);
    expect(stdout.split("\n")[1]).toBe("1.1");
  });
});
