import fc from "fast-check";
import { expect, it } from "vitest";
import { accessLine } from "./access-line.ts";
import type { Observation } from "./observe.ts";

const ANY: fc.Arbitrary<Observation> = fc.record({
  requestId: fc.oneof(fc.uuid(), fc.stringMatching(/^[A-Za-z0-9._~:+/=@-]{1,128}$/)),
  entry: fc.constantFrom("gateway", "router"),
  client: fc.oneof(fc.ipV4(), fc.ipV6()),
  method: fc.stringMatching(/^[!#$%&'*+.^_`|~0-9A-Za-z-]{0,24}$/),
  target: fc.string(),
  status: fc.integer({ min: 100, max: 599 }),
  error: fc.constantFrom(null, "BROKEN", "TOO_SLOW"),
  caller: fc.option(fc.string({ unit: "binary" })),
  sandbox: fc.option(fc.string()),
  durationMs: fc.double({ min: 0, max: 1e9, noNaN: true }),
  bytesIn: fc.nat(Number.MAX_SAFE_INTEGER),
  bytesOut: fc.nat(Number.MAX_SAFE_INTEGER),
  probe: fc.boolean(),
  traceId: fc.option(fc.stringMatching(/^[0-9a-f]{32}$/)),
});

it("a line says in JSON what was seen, whatever is in it", () => {
  fc.assert(
    fc.property(ANY, fc.string({ unit: "binary" }), fc.integer({ min: 0, max: 4e12 }), (seen, path, atMs) => {
      const { target: _target, probe, durationMs, traceId, ...rest } = seen;
      expect(JSON.parse(accessLine(seen, path, atMs))).toEqual({
        time: new Date(atMs).toISOString(),
        level: probe ? "debug" : "info",
        message: "request",
        ...rest,
        path,
        durationMs: Math.round(durationMs * 10) / 10,
        ...(traceId === null ? {} : { trace_id: traceId }),
      });
    }),
  );
});
