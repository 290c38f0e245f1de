import type { Logger } from "@sandgate/contract";
import { afterEach, describe, expect, it } from "vitest";
import { entry, openBench, writeKeys, type Bench } from "./support.ts";

let bench: Bench;
afterEach(async () => {
  await bench.close();
});

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
    await expect.poll(() => lines.filter((one) => one.message === "request")).toHaveLength(3);
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
    await expect.poll(() => lines).toHaveLength(3);
    expect(new Set(lines.map((one) => one.level))).toEqual(new Set(["debug"]));
  });
});
