import { once } from "node:events";
import { createServer, type AddressInfo, type Server } from "node:net";
import { afterEach, describe, expect, it } from "vitest";
import { silentLogger } from "@sandgate/contract";
import { startGateway, workerCount } from "../../src/index.ts";
import { configOf, openWorkers, type WorkersBench } from "./workers-support.ts";

const opened: { close(): unknown }[] = [];
afterEach(async () => {
  for (const one of opened.splice(0).toReversed()) await one.close();
});

const open = async (flags: Readonly<Record<string, unknown>> = {}): Promise<WorkersBench> => {
  const bench = await openWorkers((_request, response) => response.end("ok"), flags);
  opened.push(bench);
  return bench;
};

async function listening(reusePort: boolean): Promise<{ server: Server; port: number }> {
  const server = createServer();
  server.listen({ host: "127.0.0.1", port: 0, reusePort });
  await once(server, "listening");
  opened.push(server);
  return { server, port: (server.address() as AddressInfo).port };
}

const taken = (port: number | string): RegExp =>
  new RegExp(`Port ${port} on 127.0.0.1 is taken. Choose another with --port`);

describe("starting a gateway of several threads", () => {
  it.each([false, true])("is refused a port of another program, which shares it: %s", async (shares) => {
    const { port } = await listening(shares);
    await expect(open({ port })).rejects.toThrow(taken(port));
  });

  it("is refused the port of another gateway, of several threads or of one, and so is the other way round", async () => {
    const { gateway, feed } = await open();
    const { port } = new URL(gateway.url);
    await expect(open({ port })).rejects.toThrow(taken(port));
    const config = configOf({ port, metricsPort: undefined });
    await expect(startGateway({ config, source: feed })).rejects.toThrow(taken(port));
    const single = await startGateway({ config: configOf({}), source: feed });
    opened.push(single);
    const other = new URL(single.url).port;
    await expect(open({ port: other })).rejects.toThrow(taken(other));
  });

  it("gives a port to one of those that want it at the same time", async () => {
    const { server, port } = await listening(false);
    server.close();
    await once(server, "close");
    const outcomes = await Promise.allSettled(Array.from({ length: 3 }, () => open({ port })));
    expect(outcomes.filter(({ status }) => status === "fulfilled").length).toBe(1);
    for (const outcome of outcomes)
      if (outcome.status === "rejected") expect(String(outcome.reason)).toMatch(taken(port));
  });

  it("has its port again after it has ended", async () => {
    const first = await open();
    const { port } = new URL(first.gateway.url);
    await first.close();
    const second = await open({ port });
    expect(new URL(second.gateway.url).port).toBe(port);
  });

  it("tells of a file that a worker cannot read as one thread does", async () => {
    await expect(open({ apiKeys: "/nowhere/keys.yaml" })).rejects.toThrow(
      /^The API keys cannot be read:.*nowhere/,
    );
  });

  it("serves the router's protocol too", async () => {
    const { gateway } = await open({ routerPort: 0 });
    expect(gateway.routerUrl).toMatch(/^http:\/\/127\.0\.0\.1:\d+$/);
    expect((await fetch(`${gateway.routerUrl}/healthz`)).status).toBe(200);
  });
});

describe("the number of workers", () => {
  it.each(["0", "65", "many", "1.5", "-1"])("is not %j", (workers) => {
    expect(() => configOf({ workers })).toThrow(
      `--workers: ${JSON.stringify(workers)} is neither auto nor a whole number from 1 to 64`,
    );
  });

  it("is 1 where nothing is said, and that of the cores where auto is said", async () => {
    expect(await workerCount(configOf({}), false, silentLogger)).toBe(1);
    expect(await workerCount(configOf({ workers: "auto" }), false, silentLogger)).toBeGreaterThan(0);
    expect(await workerCount(configOf({ workers: 3 }), false, silentLogger)).toBe(3);
  });

  it("is not several by port-forward: that is refused where it is asked for, and auto is 1", async () => {
    const forwarded = configOf({ workers: 2, dial: "port-forward" });
    await expect(workerCount(forwarded, true, silentLogger)).rejects.toThrow(
      /--workers 2.*--dial port-forward:/,
    );
    await expect(workerCount(configOf({ workers: 2 }), true, silentLogger)).rejects.toThrow(
      /what auto is outside of the cluster.*--dial pod-ip/,
    );
    expect(await workerCount(configOf({ workers: "auto" }), true, silentLogger)).toBe(1);
    expect(await workerCount(configOf({ workers: 2, dial: "pod-ip" }), true, silentLogger)).toBe(2);
  });
});
