import type { Logger } from "@sandgate/contract";
import { afterEach, describe, expect, it } from "vitest";
import { echo, type Echo } from "../echo-support.ts";
import { entry, openBench, raw, writeKeys, type Bench } from "../support.ts";

let bench: Bench;
let base: string;
let requests: Record<string, unknown>[];

/** With no collector: trace context alone. */
async function open(flags: Readonly<Record<string, unknown>> = { traceSample: 1 }): Promise<void> {
  requests = [];
  const take = (message: string, fields = {}): void => {
    if (message === "request") requests.push(fields);
  };
  const logger: Logger = { debug: take, info: take, warn: take, error: take };
  bench = await openBench(echo, flags, { logger });
  bench.routes.put("alice-box", entry("alice", "box"));
  base = `${bench.gateway.url}/alice/box:${bench.backendPort}`;
}

afterEach(async () => {
  await bench.close();
});

async function sent(headers: Record<string, string>): Promise<Record<string, string>> {
  return ((await (await fetch(`${base}/`, { headers })).json()) as Echo).headers;
}

const TRACE = "4bf92f3577b34da6a3ce929d0e0e4736";
const recorded = `00-${TRACE}-00f067aa0ba902b7-01`;
const unrecorded = `00-${TRACE}-00f067aa0ba902b7-00`;
const LOOPBACK = { trustedProxies: ["127.0.0.0/8"] };

describe("with tracing off", () => {
  it("trace context passes as every other header, whatever it says", async () => {
    await open({});
    const headers = { traceparent: "nonsense", tracestate: "x".repeat(2_000), baggage: "a=b" };
    expect(await sent(headers)).toMatchObject(headers);
    expect(await sent({})).not.toHaveProperty("traceparent");
    expect(requests).toHaveLength(2);
    expect(requests[0]).not.toHaveProperty("trace_id");
  });
});

describe("with tracing on", () => {
  it("a trace begins where there is none, another with each request, and the log knows it", async () => {
    await open();
    const seen = [await sent({}), await sent({})].map((headers) => headers["traceparent"] ?? "");
    for (const text of seen) expect(text).toMatch(/^00-[0-9a-f]{32}-[0-9a-f]{16}-03$/);
    const ids = seen.map((text) => text.split("-")[1]);
    expect(new Set(ids).size).toBe(2);
    expect(requests.map((line) => line["trace_id"])).toEqual(ids);
  });

  it("the caller's goes on with a new parent, and other headers as they are", async () => {
    await open();
    const seen = await sent({ traceparent: recorded, tracestate: "one=1 , two=2", baggage: "a=b" });
    expect(seen["traceparent"]).toMatch(new RegExp(`^00-${TRACE}-(?!00f067aa0ba902b7)[0-9a-f]{16}-01$`));
    expect(seen).toMatchObject({ tracestate: "one=1 , two=2", baggage: "a=b" });
    expect(requests[0]).toMatchObject({ trace_id: TRACE });
  });

  it.each([
    "nonsense",
    `00-${"0".repeat(32)}-00f067aa0ba902b7-01`,
    recorded.toUpperCase(),
    `ff${recorded.slice(2)}`,
  ])(
    "what is no traceparent begins a trace of its own, and takes tracestate with it: %s",
    async (traceparent) => {
      await open();
      const seen = await sent({ traceparent, tracestate: "one=1" });
      expect(seen["traceparent"]).toMatch(/^00-[0-9a-f]{32}-[0-9a-f]{16}-03$/);
      expect(seen["traceparent"]).not.toContain(TRACE);
      expect(seen).not.toHaveProperty("tracestate");
    },
  );

  it("two traceparent are as none, and tracestate in several lines stays so", async () => {
    await open();
    const ask = async (...lines: string[]): Promise<string> => {
      const { host, pathname } = new URL(base);
      const head = [`GET ${pathname}/ HTTP/1.1`, `Host: ${host}`, "Connection: close", ...lines];
      return raw(bench.gateway.url, `${head.join("\r\n")}\r\n\r\n`);
    };
    expect(await ask(`traceparent: ${recorded}`, `Traceparent: ${recorded}`)).not.toContain(TRACE);
    const two = await ask(`TraceParent: ${recorded}`, "tracestate: a=1", "Tracestate: b=2");
    expect(two).toContain(`"traceparent":"00-${TRACE}-`);
    expect(two).toContain('"tracestate":"a=1, b=2"');
  });

  it("tracestate beyond its limits is left out, and the trace goes on", async () => {
    await open();
    const seen = await sent({ traceparent: recorded, tracestate: `a=${"x".repeat(600)}` });
    expect(seen["traceparent"]).toContain(TRACE);
    expect(seen).not.toHaveProperty("tracestate");
  });
});

describe("whether a trace is recorded", () => {
  const flagOf = async (traceparent?: string, more: Record<string, string> = {}): Promise<string> =>
    (
      (await sent({ ...more, ...(traceparent === undefined ? {} : { traceparent }) }))["traceparent"] ?? ""
    ).slice(-2);

  it("is not for a caller to say who is not believed", async () => {
    await open({ traceSample: 1, traceSampler: "parentbased_always_off" });
    expect(await flagOf(recorded)).toBe("00");
    await bench.close();
    await open({ traceSample: 1 });
    expect(await flagOf(unrecorded)).toBe("01");
  });

  it("is for a proxy of ours to say", async () => {
    await open({ traceSample: 1, traceSampler: "parentbased_always_off", ...LOOPBACK });
    expect(await flagOf(recorded)).toBe("01");
    expect(await flagOf()).toBe("02");
    await bench.close();
    await open({ traceSample: 1, ...LOOPBACK });
    expect(await flagOf(unrecorded)).toBe("00");
    expect(await flagOf()).toBe("03");
  });

  it("is for callers to say where the operator wants it", async () => {
    const apiKeys = await writeKeys({ alice: "key-of-alice" });
    await open({ traceSample: 1, traceSampler: "parentbased_always_off", traceTrust: "callers", apiKeys });
    expect(await flagOf(recorded, { authorization: "Bearer key-of-alice" })).toBe("01");
    expect(await flagOf(unrecorded, { authorization: "Bearer key-of-alice" })).toBe("00");
  });

  it("is decided by the trace id for a share, the same each time", async () => {
    await open({ traceSample: 0.5, traceSampler: "traceidratio", ...LOOPBACK });
    const parent = (first: string): string =>
      `00-${"a".repeat(18)}${first.padEnd(14, "0")}-00f067aa0ba902b7-01`;
    const flags = [];
    for (const first of ["7f", "80", "7f", "80", "ff", "00"]) flags.push(await flagOf(parent(first)));
    expect(flags).toEqual(["00", "01", "00", "01", "01", "00"]);
  });
});
