import type { ServerResponse } from "node:http";
import { connect } from "node:net";
import type { Logger } from "@sandgate/contract";
import { afterEach, describe, expect, it } from "vitest";
import { entry, openBench, raw, writeKeys, type Bench } from "./support.ts";

let bench: Bench;
afterEach(async () => {
  await bench.close();
});

/** A loaded machine takes its time; what is waited for comes, or the test fails. */
const SOON = { timeout: 10_000 };

interface Line {
  level: string;
  message: string;
  [field: string]: unknown;
}

/** Both ways in which a logger takes the line of a request. */
const FORMS = ["fields", "JSON lines"] as const;

function recorder(form: (typeof FORMS)[number]): { lines: Line[]; logger: Logger } {
  const lines: Line[] = [];
  const write =
    (level: string) =>
    (message: string, fields = {}): void =>
      void lines.push({ level, message, ...fields });
  return {
    lines,
    logger: {
      debug: write("debug"),
      info: write("info"),
      warn: write("warn"),
      error: write("error"),
      ...(form === "JSON lines" && {
        json: { writes: () => true, add: (line) => void lines.push(JSON.parse(line) as Line) },
      }),
    },
  };
}

describe.each(FORMS)("the access log, as %s,", (form) => {
  it("has a line for every request: who, what, where, how it ended", async () => {
    const { lines, logger } = recorder(form);
    const apiKeys = await writeKeys({ alice: "secret-of-alice" });
    bench = await openBench(
      (_request, response) => response.writeHead(201).end("done"),
      { apiKeys, routerPort: 0 },
      { logger },
    );
    bench.routes.put("alice-box", entry("alice", "box"));
    const path = `/alice/box:${bench.backendPort}/run`;
    const headers = { authorization: "Bearer secret-of-alice" };
    await (await fetch(`${bench.gateway.url}${path}?token=secret-in-query`, { headers })).text();
    await (await fetch(`${bench.gateway.url}/alice/none/`, { method: "POST", headers })).text();
    await (await fetch(bench.gateway.routerUrl ?? "", { headers })).text();
    await expect.poll(() => lines.filter((one) => one.message === "request"), SOON).toHaveLength(3);
    const requests = lines.filter((one) => one.message === "request");
    expect(requests).toMatchObject([
      {
        level: "info",
        entry: "gateway",
        client: "127.0.0.1",
        method: "GET",
        path: `${path}?…`,
        status: 201,
        error: null,
        caller: "alice",
        sandbox: "alice/box",
      },
      {
        method: "POST",
        path: "/alice/none/",
        status: 404,
        error: "SANDBOX_NOT_FOUND",
        caller: "alice",
        sandbox: null,
      },
      { entry: "router", path: "/", status: 400, error: "ADDRESS_MALFORMED", caller: null },
    ]);
    for (const { requestId, durationMs } of requests) {
      expect(requestId).toMatch(/^[0-9a-f-]{36}$/);
      expect(durationMs).toBeGreaterThan(0);
    }
    expect(JSON.stringify(lines)).not.toContain("secret");
  });

  it("tells of health pages only to whoever wants every detail", async () => {
    const { lines, logger } = recorder(form);
    bench = await openBench((_request, response) => response.end(), {}, { logger });
    for (const path of ["/health", "/healthz", "/readyz"])
      await (await fetch(bench.gateway.url + path)).text();
    await expect.poll(() => lines, SOON).toHaveLength(3);
    expect(new Set(lines.map((one) => one.level))).toEqual(new Set(["debug"]));
  });
});

describe("the access log", () => {
  const requests = (lines: readonly Line[]): Line[] => lines.filter((one) => one.message === "request");

  it("says how many bytes went each way, of the body in and of the whole answer out", async () => {
    const { lines, logger } = recorder("JSON lines");
    bench = await openBench(
      (request, response) => request.resume().on("end", () => response.end("four")),
      {},
      { logger },
    );
    bench.routes.put("alice-box", entry("alice", "box"));
    const head = `POST /alice/box:${bench.backendPort}/ HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 5\r\n`;
    const answer = await raw(bench.gateway.url, `${head}\r\n12345${head}Connection: close\r\n\r\n12345`);
    await expect.poll(() => requests(lines), SOON).toHaveLength(2);
    const [one, two] = requests(lines);
    expect([one?.["bytesIn"], two?.["bytesIn"]]).toEqual([5, 5]);
    expect(Number(one?.["bytesOut"]) + Number(two?.["bytesOut"])).toBe(answer.length);
    expect(answer.lastIndexOf("HTTP/1.1 200")).toBe(one?.["bytesOut"]);
  });

  it("has a tunnel's line when it ends, with what went through it", async () => {
    const { lines, logger } = recorder("JSON lines");
    bench = await openBench((_request, response) => response.end(), {}, { logger });
    bench.routes.put("alice-box", entry("alice", "box"));
    bench.backend.on("upgrade", (_request, socket) => {
      socket.write("HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: echo\r\n\r\n");
      socket.pipe(socket);
    });
    const { hostname, port } = new URL(bench.gateway.url);
    const client = connect(Number(port), hostname);
    const head = `GET /alice/box:${bench.backendPort}/ HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: Upgrade\r\nUpgrade: echo\r\n\r\n`;
    let text = "";
    client.setEncoding("latin1");
    client.write(`${head}early`);
    for await (const chunk of client as AsyncIterable<string>) {
      text += chunk;
      if (text.endsWith("early")) client.write("later");
      if (text.endsWith("later")) break;
    }
    expect(requests(lines)).toEqual([]);
    client.end();
    await expect.poll(() => requests(lines), SOON).toHaveLength(1);
    expect(requests(lines)).toMatchObject([
      { status: 101, error: null, bytesIn: "earlylater".length, bytesOut: text.length },
    ]);
  });

  it("has errors and slow requests only where the share is nothing", async () => {
    const { lines, logger } = recorder("JSON lines");
    bench = await openBench(
      (request, response) => void response.writeHead(request.url === "/bad" ? 500 : 200).end(),
      { accessLogSample: 0, accessLogSlowMs: 60_000 },
      { logger },
    );
    bench.routes.put("alice-box", entry("alice", "box"));
    const base = `${bench.gateway.url}/alice/box:${bench.backendPort}`;
    for (const path of ["/", "/bad", "/"]) await (await fetch(base + path)).text();
    await (await fetch(`${bench.gateway.url}/alice/none/`)).text();
    await expect.poll(() => requests(lines), SOON).toHaveLength(2);
    expect(requests(lines).map(({ status }) => status)).toEqual([500, 404]);
    await bench.close();
    lines.length = 0;
    bench = await openBench(
      (_request, response) => response.end(),
      { accessLogSample: 0, accessLogSlowMs: 1 },
      { logger },
    );
    bench.routes.put("alice-box", entry("alice", "box"));
    bench.backend.removeAllListeners("request").on("request", (_request, response: ServerResponse) => {
      setTimeout(() => response.end(), 5);
    });
    await (await fetch(`${bench.gateway.url}/alice/box:${bench.backendPort}/`)).text();
    await expect.poll(() => requests(lines), SOON).toHaveLength(1);
  });

  it.each([
    ["redact", "?token=…&…"],
    ["keep", "?token=abc&plain"],
  ])("says of a query what accessLogQuery %s asks for", async (accessLogQuery, expected) => {
    const { lines, logger } = recorder("JSON lines");
    bench = await openBench((_request, response) => response.end(), { accessLogQuery }, { logger });
    await (await fetch(`${bench.gateway.url}/alice/none/?token=abc&plain`)).text();
    await expect.poll(() => requests(lines), SOON).toHaveLength(1);
    expect(requests(lines)[0]?.["path"]).toBe(`/alice/none/${expected}`);
  });
});
