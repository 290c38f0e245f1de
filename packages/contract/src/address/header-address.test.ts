import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { parseSandboxHeaders, printSandboxHeaders, type HeaderAddress } from "./header-address.ts";
import { canonicalIp, isSpecialIp } from "./ip-address.ts";

const label = fc.stringMatching(/^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/);
const address: fc.Arbitrary<HeaderAddress> = fc.record({
  namespace: label,
  sandbox: label,
  port: fc.option(fc.integer({ min: 1, max: 65_535 }), { nil: undefined }),
  uid: fc.option(fc.uuid(), { nil: undefined }),
  podIp: fc.option(
    fc
      .oneof(fc.ipV4(), fc.ipV6())
      .map((ip) => canonicalIp(ip) ?? "")
      .filter((ip) => !isSpecialIp(ip)),
    { nil: undefined },
  ),
  timeoutMs: fc.option(fc.integer({ min: 1, max: 86_400_000 }), { nil: undefined }),
});

function whyNot(headers: Record<string, string | string[]>): string | null {
  const parsed = parseSandboxHeaders(headers);
  return parsed.kind === "malformed" ? parsed.why : null;
}

describe("the header form", () => {
  it("is read back as it was printed", () => {
    fc.assert(
      fc.property(address, (one) => {
        expect(parseSandboxHeaders(printSandboxHeaders(one))).toEqual({ kind: "address", address: one });
      }),
    );
  });

  it("reads anything without throwing, and never lets a name, port or address through that is none", () => {
    const text = fc.oneof(
      fc.string(),
      fc.stringMatching(/^[a-z0-9.:+-]{0,12}$/),
      fc.ipV4(),
      fc.ipV6(),
      fc.integer().map(String),
    );
    const value = fc.option(fc.oneof(text, fc.array(text, { maxLength: 3 })), { nil: undefined });
    const headers = fc.record({
      "x-sandbox-id": fc.oneof(label, value),
      "x-sandbox-namespace": value,
      "x-sandbox-port": value,
      "x-sandbox-uid": value,
      "x-sandbox-pod-ip": value,
      "x-sandbox-timeout": value,
    });
    fc.assert(
      fc.property(headers, (one) => {
        const parsed = parseSandboxHeaders(one);
        if (parsed.kind === "malformed") return;
        const { namespace, sandbox, port = 1, podIp = "10.0.0.1", timeoutMs = 1 } = parsed.address;
        for (const name of [namespace, sandbox]) expect(name).toMatch(/^(?!-)[a-z0-9-]{1,63}(?<!-)$/);
        expect(Number.isInteger(port) && port > 0 && port < 65_536).toBe(true);
        expect(canonicalIp(podIp)).toBe(podIp);
        expect(isSpecialIp(podIp)).toBe(false);
        expect(Number.isInteger(timeoutMs) && timeoutMs > 0).toBe(true);
      }),
      { numRuns: 5000 },
    );
  });

  it("takes namespace default and no port where the headers are missing or empty", () => {
    const expected = {
      kind: "address",
      address: {
        namespace: "default",
        sandbox: "box",
        port: undefined,
        uid: undefined,
        podIp: undefined,
        timeoutMs: undefined,
      },
    };
    expect(parseSandboxHeaders({ "x-sandbox-id": "box" })).toEqual(expected);
    const empty = Object.fromEntries(
      ["namespace", "port", "uid", "pod-ip", "timeout"].map((name) => [`x-sandbox-${name}`, ""]),
    );
    expect(parseSandboxHeaders({ ...empty, "x-sandbox-id": "box" })).toEqual(expected);
  });

  it.each([
    [{}, "X-Sandbox-ID header is required."],
    [{ "x-sandbox-id": "" }, "X-Sandbox-ID header is required."],
    [{ "x-sandbox-id": "box.evil.example" }, "Invalid sandbox ID format."],
    [{ "x-sandbox-id": "Box" }, "Invalid sandbox ID format."],
    [{ "x-sandbox-id": "-box" }, "Invalid sandbox ID format."],
    [{ "x-sandbox-id": "a".repeat(64) }, "Invalid sandbox ID format."],
    [{ "x-sandbox-id": "box, box" }, "Invalid sandbox ID format."],
    [{ "x-sandbox-id": ["box", "other"] }, "Invalid sandbox ID format."],
    [{ "x-sandbox-id": "box", "x-sandbox-namespace": "a b" }, "Invalid namespace format."],
    [{ "x-sandbox-id": "box", "x-sandbox-namespace": "--" }, "Invalid namespace format."],
    [{ "x-sandbox-id": "box", "x-sandbox-port": "http" }, "Invalid port format."],
    [{ "x-sandbox-id": "box", "x-sandbox-port": "0" }, "Invalid port format."],
    [{ "x-sandbox-id": "box", "x-sandbox-port": "-80" }, "Invalid port format."],
    [{ "x-sandbox-id": "box", "x-sandbox-port": "65536" }, "Invalid port format."],
    [{ "x-sandbox-id": "box", "x-sandbox-port": "1e3" }, "Invalid port format."],
    [{ "x-sandbox-id": "box", "x-sandbox-pod-ip": "pod" }, "Invalid target IP address."],
    [{ "x-sandbox-id": "box", "x-sandbox-pod-ip": "169.254.169.254" }, "Invalid target IP address."],
    [{ "x-sandbox-id": "box", "x-sandbox-pod-ip": "::ffff:127.0.0.1" }, "Invalid target IP address."],
    [{ "x-sandbox-id": "box", "x-sandbox-pod-ip": "10.0.0.1, 10.0.0.2" }, "Invalid target IP address."],
    [{ "x-sandbox-id": "A", "x-sandbox-port": "0" }, "Invalid sandbox ID format."],
  ])("%o is told as: %s", (headers, why) => {
    expect(whyNot(headers)).toBe(why);
  });

  it.each([
    ["60", 60_000],
    ["0.25", 250],
    ["1e2", 100_000],
    ["0", undefined],
    ["-1", undefined],
    ["inf", undefined],
    ["nan", undefined],
    ["1e999", undefined],
    ["soon", undefined],
    ["0x10", undefined],
  ])("a time-out of %s means %s ms", (text, timeoutMs) => {
    expect(parseSandboxHeaders({ "x-sandbox-id": "box", "x-sandbox-timeout": text })).toMatchObject({
      address: { timeoutMs },
    });
  });
});
