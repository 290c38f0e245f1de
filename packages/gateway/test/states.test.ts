import type { ServerResponse } from "node:http";
import type { SandboxState } from "@sandgate/contract";
import { afterEach, describe, expect, it } from "vitest";
import { echo, problemOf, openEcho } from "./echo-support.ts";
import { entry, type Bench } from "./support.ts";

let bench: Bench;
afterEach(async () => {
  await bench.close();
});

async function open(...options: Parameters<typeof openEcho>): Promise<string> {
  const opened = await openEcho(...options);
  bench = opened.bench;
  return opened.base;
}

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
