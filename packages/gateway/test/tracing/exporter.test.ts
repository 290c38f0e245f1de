import { createServer, type AddressInfo } from "node:net";
import type { Logger } from "@sandgate/contract";
import { afterEach, describe, expect, it } from "vitest";
import { SpanExporter } from "../../src/tracing/span-exporter.ts";
import { openEcho } from "../echo-support.ts";
import { openCollector, type TestCollector } from "./collector.ts";

const AROUND = [
  '{"resourceSpans":[{"resource":{"attributes":[]},"scopeSpans":[{"scope":{"name":"test"},"spans":[',
  "]}]}]}",
] as const;
/** A span of no account, told apart by its name. */
const span = (name: string | number): string =>
  `{"traceId":"${"a".repeat(32)}","spanId":"${"b".repeat(16)}","name":"${name}","attributes":[]}`;

/** It is the test's own time that ends it. */
const PATIENT = { timeout: 25_000 };

let collector: TestCollector;
let exporter: SpanExporter;
let warnings: { message: string; fields: unknown }[];

async function open(endpoint?: string): Promise<void> {
  collector = await openCollector();
  warnings = [];
  const take = (message: string, fields?: unknown): void => void warnings.push({ message, fields });
  const logger: Logger = { debug: take, info: take, warn: take, error: take };
  exporter = new SpanExporter({
    endpoint: endpoint ?? collector.url,
    headers: { "api-key": "hidden" },
    around: AROUND,
    logger,
  });
}

const addMany = (count: number): void => {
  for (let at = 0; at < count; at++) exporter.add(span(at), 1);
};

afterEach(async () => {
  await exporter.close(0);
  await collector.close();
});

/** Listens and says nothing. */
async function openSilent(): Promise<{ url: string; close(): void }> {
  const sockets: { destroy(): void }[] = [];
  const server = createServer((socket) => void sockets.push(socket.on("error", () => {})));
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    close: () => {
      for (const socket of sockets) socket.destroy();
      server.close();
    },
  };
}

describe("the exporter", () => {
  it("sends a batch as soon as there is one, and the rest when it ends", async () => {
    await open();
    addMany(700);
    await expect.poll(() => collector.batches.map((batch) => batch.spans.length), PATIENT).toEqual([512]);
    await exporter.close(10_000);
    expect(collector.batches.map((batch) => batch.spans.length)).toEqual([512, 188]);
    expect(collector.spans.map((one) => Number(one.name))).toEqual(
      Array.from({ length: 700 }, (_, at) => at),
    );
    expect(exporter.counts).toEqual({ sent: 700, dropped: 0 });
    expect(warnings).toEqual([]);
  });

  it("holds no more than 2,048 spans while a collector does not answer, and drops the newest", async () => {
    await open();
    const release = collector.hold();
    addMany(10_000);
    // The first batch was on its way when the rest came.
    expect(exporter.counts.dropped).toBe(10_000 - 2_048 - 512);
    release();
    await exporter.close(10_000);
    expect(collector.spans).toHaveLength(2_048 + 512);
    expect(collector.spans.at(-1)?.name).toBe(String(2_048 + 512 - 1));
    expect(exporter.counts.sent + exporter.counts.dropped).toBe(10_000);
  });

  it("sends the same again where the collector wants it so, when it says so", async () => {
    await open();
    collector.answers.push(
      { status: 503, headers: { "retry-after": "0" } },
      { status: 429, headers: { "retry-after": "0" } },
    );
    addMany(512);
    await expect.poll(() => exporter.counts, PATIENT).toEqual({ sent: 512, dropped: 0 });
    expect(collector.batches).toHaveLength(1);
    // Told once, and once that it is over.
    expect(warnings.map((one) => one.message)).toEqual([
      "spans do not reach the collector; requests go on",
      "spans reach the collector again",
    ]);
    expect(JSON.stringify(warnings)).not.toContain("hidden");
  });

  it.each([400, 401, 404, 413, 307])("does not send again what is refused: %i", async (status) => {
    await open();
    collector.answers.push({ status });
    addMany(512);
    await expect.poll(() => exporter.counts, PATIENT).toEqual({ sent: 0, dropped: 512 });
    expect(collector.batches).toEqual([]);
    expect(warnings).toMatchObject([{ fields: { error: `status ${status}` } }]);
  });

  it("takes a new connection at once where the one that was kept has ended", async () => {
    await open();
    addMany(512);
    await expect.poll(() => exporter.counts.sent, PATIENT).toBe(512);
    collector.answers.push({ status: 0 });
    addMany(512);
    await expect.poll(() => exporter.counts, PATIENT).toEqual({ sent: 1_024, dropped: 0 });
    expect(warnings).toEqual([]);
  });

  it("gives up a batch after five tries, and takes the next", async () => {
    await open();
    for (let at = 0; at < 5; at++) collector.answers.push({ status: 502, headers: { "retry-after": "0" } });
    addMany(512);
    await expect.poll(() => exporter.counts.dropped, PATIENT).toBe(512);
    addMany(512);
    await expect.poll(() => exporter.counts, PATIENT).toEqual({ sent: 512, dropped: 512 });
  });

  it("counts what a collector says it has not taken of a batch", async () => {
    await open();
    collector.answers.push({
      status: 200,
      body: '{"partialSuccess":{"rejectedSpans":"12","errorMessage":"too old"}}',
    });
    addMany(512);
    await expect.poll(() => exporter.counts, PATIENT).toEqual({ sent: 500, dropped: 12 });
  });

  it("keeps spans of one request together", async () => {
    await open();
    for (let at = 0; at < 1_500; at++) exporter.add(`${span(`${at} server`)},${span(`${at} client`)}`, 2);
    await exporter.close(10_000);
    for (const batch of collector.batches) expect(batch.spans[0]?.name).toMatch(/ server$/);
    expect(exporter.counts.sent + exporter.counts.dropped).toBe(3_000);
    expect(collector.spans).toHaveLength(exporter.counts.sent);
  });

  it("ends in time where the collector never answers, and counts what is lost", async () => {
    const silent = await openSilent();
    await open(silent.url);
    addMany(600);
    await exporter.close(50);
    expect(exporter.counts).toEqual({ sent: 0, dropped: 600 });
    addMany(1);
    expect(exporter.counts.dropped).toBe(601);
    silent.close();
  });

  it("does not wait for a pause to be over when it ends", async () => {
    await open();
    collector.answers.push({ status: 503, headers: { "retry-after": "3600" } });
    addMany(512);
    await expect.poll(() => warnings, PATIENT).toHaveLength(1);
    await exporter.close(10_000);
    expect(exporter.counts).toEqual({ sent: 512, dropped: 0 });
  });
});

describe("a collector that is not there", () => {
  it("harms no request, and no end of the gateway", async () => {
    const gone = await openSilent();
    gone.close();
    await open();
    const { bench, base } = await openEcho(undefined, { otlpEndpoint: gone.url });
    const statuses = await Promise.all(
      Array.from({ length: 300 }, async () => (await fetch(`${base}/`)).status),
    );
    expect(new Set(statuses)).toEqual(new Set([200]));
    await bench.close();
  });
});
