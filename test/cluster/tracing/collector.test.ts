/** What the gateway sends to a collector, as the collector's own code reads it. */
import { spawnSync } from "node:child_process";
import { afterAll, beforeAll, expect, it } from "vitest";
import { findOtlpDecoder } from "../../../scripts/otlp-decoder.ts";
import { openEcho } from "../../../packages/gateway/test/echo-support.ts";
import { openCollector, type TestCollector } from "../../../packages/gateway/test/tracing/collector.ts";

let decoder: string;
let collector: TestCollector;
beforeAll(async () => {
  decoder = findOtlpDecoder((line) => process.stderr.write(`${line}\n`));
  collector = await openCollector();
});
afterAll(async () => {
  await collector.close();
});

/** Without what is empty, which JSON of protobuf leaves out. */
function stripped(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(stripped);
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(
    Object.entries(value)
      .map(([key, one]) => [key, stripped(one)] as const)
      .filter(([, one]) => one !== "" && (typeof one !== "object" || Object.keys(one as object).length > 0)),
  );
}

it("spans of answers, errors, callers' traces and odd paths are read whole by a collector, and nothing else in them", async () => {
  const { bench, base } = await openEcho(undefined, { otlpEndpoint: collector.url });
  const traceparent = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";
  await (await fetch(`${base}/a"b%00'<é>?query`, { headers: { traceparent } })).text();
  await (await fetch(`${base}/`, { method: "MAKE-UP" })).text();
  await (await fetch(`${bench.gateway.url}/alice/none/`)).text();
  await (await fetch(`${bench.gateway.url}/alice/box:1/${"x".repeat(3_000)}`)).text();
  await bench.close();
  expect(collector.spans).toHaveLength(7);
  for (const { text } of collector.batches) {
    const { status, stdout, stderr } = spawnSync(decoder, { input: text, encoding: "utf8" });
    expect({ status, stderr }).toEqual({ status: 0, stderr: "" });
    expect(stripped(JSON.parse(stdout))).toEqual(stripped(JSON.parse(text)));
  }
});
