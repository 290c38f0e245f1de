import { readdirSync, readFileSync } from "node:fs";
import { afterEach, describe, expect, it } from "vitest";
import { startGateway } from "../src/index.ts";
import { echo, openEcho } from "./echo-support.ts";
import { openBench, writeKeys, type Bench } from "./support.ts";

let bench: Bench;
afterEach(async () => {
  await bench.close();
});

async function open(...options: Parameters<typeof openEcho>): Promise<string> {
  const opened = await openEcho(...options);
  bench = opened.bench;
  return opened.base;
}

/** Folders that this process watches, as the kernel counts them. */
function watched(): number {
  const watches = readdirSync("/proc/self/fdinfo").flatMap((fd) => {
    try {
      return readFileSync(`/proc/self/fdinfo/${fd}`, "utf8").match(/^inotify wd:/gm) ?? [];
    } catch {
      // Of the descriptor by which the folder was read.
      return [];
    }
  });
  return watches.length;
}

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

  it("that fails leaves no file watched", async () => {
    await open();
    const before = watched();
    const apiKeys = await writeKeys({ alice: "key" });
    const start = openBench(echo, { apiKeys, tlsCert: `${apiKeys}.none`, tlsKey: apiKeys });
    await expect(start).rejects.toThrow(/cannot be read/);
    expect(watched()).toBe(before);
  });
});
