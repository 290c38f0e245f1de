import { BlockList, isIP } from "node:net";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { canonicalIp, isSpecialIp } from "./ip-address.ts";

const ip = fc.oneof(fc.ipV4(), fc.ipV6());

describe("an IP address", () => {
  it("is known as one exactly where the system's own parser knows it", () => {
    const text = fc.oneof(ip, fc.string(), fc.stringMatching(/^[0-9a-f:.]{0,20}$/), fc.ipV4Extended());
    fc.assert(
      fc.property(text, (one) => {
        expect(canonicalIp(one) !== null).toBe(isIP(one) !== 0 && !one.includes("%"));
      }),
      { numRuns: 5000 },
    );
  });

  it("has one spelling, which means the same address", () => {
    fc.assert(
      fc.property(ip, (one) => {
        const canonical = canonicalIp(one) ?? "";
        expect(canonicalIp(canonical)).toBe(canonical);
        const list = new BlockList();
        list.addAddress(one, isIP(one) === 6 ? "ipv6" : "ipv4");
        expect(list.check(canonical, isIP(canonical) === 6 ? "ipv6" : "ipv4")).toBe(true);
      }),
    );
  });

  it.each([
    ["10.0.0.7", "10.0.0.7"],
    ["FD00:0:0:0::01", "fd00::1"],
    ["::ffff:10.0.0.7", "10.0.0.7"],
    ["::FFFF:7f00:1", "127.0.0.1"],
    ["010.0.0.7", null],
    ["10.0.0", null],
    ["10.0.0.7.", null],
    ["fe80::1%eth0", null],
    ["[::1]", null],
    ["", null],
  ])("%s is spelled %s", (text, canonical) => {
    expect(canonicalIp(text)).toBe(canonical);
  });

  it.each([
    "127.9.9.9",
    "::1",
    "::",
    "0.0.0.0",
    "169.254.169.254",
    "224.0.0.1",
    "239.1.1.1",
    "fe80::1",
    "febf::1",
    "ff02::1",
    "::ffff:127.0.0.1",
    "::ffff:169.254.169.254",
  ])("%s is special", (text) => {
    expect(isSpecialIp(canonicalIp(text) ?? "")).toBe(true);
  });

  it.each([
    "10.0.0.1",
    "126.0.0.1",
    "169.253.0.1",
    "223.255.255.255",
    "240.0.0.1",
    "fd00::1",
    "fec0::1",
    "2001:db8::1",
  ])("%s is not", (text) => {
    expect(isSpecialIp(canonicalIp(text) ?? "")).toBe(false);
  });
});
