import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { clientNetwork } from "./client-network.ts";

describe("whose connections are counted together", () => {
  it.each([
    ["192.0.2.7", "192.0.2.7"],
    ["2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"],
    ["2001:db8::1", "2001:db8:0:0::/64"],
    ["2001:db8:0:0:1::", "2001:db8:0:0::/64"],
    ["::1", "0:0:0:0::/64"],
    ["fe80::1%eth0", "fe80:0:0:0::/64"],
    ["64:ff9b::192.0.2.7", "64:ff9b:0:0::/64"],
    ["1:2:3:4:5:6:192.0.2.7", "1:2:3:4::/64"],
  ])("%s is of %s", (address, network) => {
    expect(clientNetwork(address)).toBe(network);
  });

  it("is the same for all addresses of a /64, however they are shortened, and for no others", () => {
    const group = fc.oneof(fc.constant(0), fc.integer({ min: 0, max: 0xffff }));
    const four = fc.tuple(group, group, group, group);
    fc.assert(
      fc.property(four, four, four, four, (network, one, other, host) => {
        const shortened = (parts: number[]): string =>
          new URL(`http://[${parts.map((part) => part.toString(16)).join(":")}]`).hostname.slice(1, -1);
        const here = clientNetwork(shortened([...network, ...one]));
        expect(clientNetwork(shortened([...network, ...host]))).toBe(here);
        const same = network.every((part, index) => part === other[index]);
        expect(clientNetwork(shortened([...other, ...one])) === here).toBe(same);
      }),
    );
  });
});
