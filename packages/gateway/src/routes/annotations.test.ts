import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { GATEWAY_KEYS, loadConfig } from "@sandgate/contract";
import { createAnnotationReader } from "./annotations.ts";
import { limitBoundsOf } from "./sandbox-limits.ts";

const flags = { firstByteTimeoutMs: 330_000, maxFirstByteTimeoutMs: 600_000, maxInFlightPerSandbox: 100 };
const bounds = limitBoundsOf(loadConfig(GATEWAY_KEYS, { flags }).values);
const read = (annotations: Record<string, string>): ReturnType<ReturnType<typeof createAnnotationReader>> =>
  createAnnotationReader(bounds)(annotations);

const NAMES = ["connect-timeout", "first-byte-timeout", "idle-timeout", "max-body", "max-in-flight"];

describe("what a Sandbox's annotations say", () => {
  it("is nothing without any, and then the gateway's own limits hold", () => {
    expect(read({})).toEqual({ port: null, keptPrefix: [], h2cPorts: [], limits: null, problems: [] });
  });

  it("is its own limits, and the gateway's for what is not said", () => {
    const { limits, problems } = read({
      "sandgate.dev/first-byte-timeout": "8m",
      "sandgate.dev/idle-timeout": "20",
      "sandgate.dev/max-body": "10Mi",
      "sandgate.dev/max-in-flight": "4",
    });
    expect(limits).toEqual({
      connectTimeoutMs: 5_000,
      firstByteTimeoutMs: 480_000,
      idleTimeoutMs: 20_000,
      maxBodyBytes: 10 * 1024 * 1024,
      maxInFlight: 4,
    });
    expect(problems).toEqual([]);
  });

  it("is lowered to the operator's bound, and that is told", () => {
    const { limits, problems } = read({
      "sandgate.dev/first-byte-timeout": "2h",
      "sandgate.dev/max-in-flight": "101",
    });
    expect(limits).toMatchObject({ firstByteTimeoutMs: 600_000, maxInFlight: 100 });
    expect(problems).toEqual([
      'sandgate.dev/first-byte-timeout: "2h" is above this gateway\'s bound; 10m counts',
      'sandgate.dev/max-in-flight: "101" is above this gateway\'s bound; 100 counts',
    ]);
  });

  it("is told where it says nothing that counts, and passed over", () => {
    const { port, keptPrefix, h2cPorts, limits, problems } = read({
      "sandgate.dev/port": "http",
      "sandgate.dev/keep-prefix": "5173, web",
      "sandgate.dev/h2c-ports": "50051, grpc",
      "sandgate.dev/idle-timeout": "5 minutes",
      "sandgate.dev/max-body": "-1",
      "sandgate.dev/max-in-flight": "0",
    });
    expect([port, keptPrefix, h2cPorts, limits]).toEqual([null, [5173], [50_051], null]);
    expect(problems).toEqual([
      'sandgate.dev/port: "http" is no port; it is passed over',
      'sandgate.dev/keep-prefix: "web" is no port; it is passed over',
      'sandgate.dev/h2c-ports: "grpc" is no port; it is passed over',
      'sandgate.dev/idle-timeout: "5 minutes" is no duration such as 90s, 5m or 1h; it is passed over',
      'sandgate.dev/max-body: "-1" is no number of bytes such as 1048576 or 10Mi; it is passed over',
      'sandgate.dev/max-in-flight: "0" is no whole number from 1; it is passed over',
    ]);
  });

  it("never takes a limit out of its bounds, and is silent only about what counts as it stands", () => {
    const text = fc.oneof(
      fc.string(),
      fc
        .tuple(fc.oneof(fc.bigInt(), fc.double()), fc.constantFrom("", "s", "m", "h", "Ki", "E", "e9"))
        .map((parts) => parts.join("")),
    );
    fc.assert(
      fc.property(fc.constantFrom(...NAMES), text, (name, value) => {
        const { limits, problems } = read({ [`sandgate.dev/${name}`]: value });
        if (limits === null) expect(problems).toHaveLength(1);
        for (const [key, limit] of Object.entries(limits ?? {})) {
          expect(limit).toBeGreaterThan(0);
          expect(limit).toBeLessThanOrEqual(bounds.most[key as keyof typeof bounds.most]);
        }
      }),
    );
  });

  it("is read once for all that have the same annotations", () => {
    const reader = createAnnotationReader(bounds);
    const annotations = { "sandgate.dev/idle-timeout": "9s" };
    expect(reader(annotations)).toBe(reader(annotations));
  });
});

describe("the bounds", () => {
  it("are never below what holds without annotations", () => {
    const { own, most } = limitBoundsOf(
      loadConfig(GATEWAY_KEYS, { flags: { idleTimeoutMs: 500_000, maxIdleTimeoutMs: 1 } }).values,
    );
    expect([own.idleTimeoutMs, most.idleTimeoutMs]).toEqual([500_000, 500_000]);
  });
});
