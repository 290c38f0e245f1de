import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { DENIED_CALLS, SPECIAL_CALLS } from "./seccomp-calls.ts";
import { seccompFilter, type SeccompArchitecture } from "./seccomp-filter.ts";

const AUDIT = { x64: 0xc000003e, arm64: 0xc00000b7 } as const;
const ALLOW = 0x7fff0000;
const KILL = 0x80000000;
const refused = (errno: number): number => 0x50000 + errno;

/** Runs the filter as the kernel does: classic BPF over struct seccomp_data. */
function verdict(
  architecture: SeccompArchitecture,
  number: number,
  args: readonly number[] = [],
  audit: number = AUDIT[architecture],
): number {
  const data = Buffer.alloc(64);
  data.writeUInt32LE(number >>> 0, 0);
  data.writeUInt32LE(audit, 4);
  args.forEach((value, index) => data.writeBigUInt64LE(BigInt(value), 16 + index * 8));
  const filter = seccompFilter(architecture);
  let accumulator = 0;
  for (let at = 0; at < filter.length / 8; at++) {
    const code = filter.readUInt16LE(at * 8);
    const [yes, no] = [filter.readUInt8(at * 8 + 2), filter.readUInt8(at * 8 + 3)];
    const value = filter.readUInt32LE(at * 8 + 4);
    if (code === 0x20) accumulator = data.readUInt32LE(value);
    else if (code === 0x06) return value;
    else {
      const holds =
        code === 0x15
          ? accumulator === value
          : code === 0x35
            ? accumulator >= value
            : code === 0x45
              ? (accumulator & value) !== 0
              : null;
      if (holds === null) throw new Error(`unknown instruction ${code}`);
      at += holds ? yes : no;
    }
  }
  throw new Error("the filter has no end");
}

describe.each(["x64", "arm64"] as const)("the filter for %s", (architecture) => {
  const special = SPECIAL_CALLS[architecture];

  test("refuses every call of the table and allows the others", () => {
    const denied = new Set(
      DENIED_CALLS.flatMap((call) => (call[architecture] === null ? [] : [call[architecture]])),
    );
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 500 }), (number) => {
        if (Object.values(special).includes(number as never)) return;
        expect(verdict(architecture, number)).toBe(denied.has(number) ? refused(1) : ALLOW);
      }),
      { numRuns: 2_000 },
    );
  });

  test("makes processes and threads but no namespaces", () => {
    expect(verdict(architecture, special.clone, [0x3d0f00])).toBe(ALLOW);
    expect(verdict(architecture, special.clone, [17])).toBe(ALLOW);
    for (const flag of [0x20000, 0x2000000, 0x4000000, 0x8000000, 0x10000000, 0x20000000, 0x40000000])
      expect(verdict(architecture, special.clone, [flag | 17])).toBe(refused(1));
    expect(verdict(architecture, special.clone3)).toBe(refused(38));
  });

  test("keeps terminals from being typed into or given another driver", () => {
    for (const request of [0x5412, 0x541c, 0x5423])
      expect(verdict(architecture, special.ioctl, [0, request])).toBe(refused(1));
    // The kernel looks at the low half only.
    expect(verdict(architecture, special.ioctl, [0, 0x1_0000_5412])).toBe(refused(1));
    expect(verdict(architecture, special.ioctl, [0, 0x5401])).toBe(ALLOW);
  });

  test("opens sockets of the network's usual kinds only", () => {
    for (const [family, protocol] of [
      [1, 0],
      [2, 0],
      [2, 6],
      [2, 17],
      [10, 0],
      [10, 58],
      [16, 0],
    ])
      expect(verdict(architecture, special.socket, [family ?? 0, 1, protocol ?? 0])).toBe(ALLOW);
    for (const protocol of [132, 33, 262, 255])
      expect(verdict(architecture, special.socket, [2, 1, protocol])).toBe(refused(93));
    expect(verdict(architecture, special.socket, [16, 3, 12])).toBe(refused(93));
    for (const family of [17, 38, 40, 21, 44])
      expect(verdict(architecture, special.socket, [family, 1, 0])).toBe(refused(97));
  });

  test("ends a process that calls as another architecture", () => {
    for (const audit of [0x40000003, 0x40000028, architecture === "x64" ? AUDIT.arm64 : AUDIT.x64])
      expect(verdict(architecture, 0, [], audit)).toBe(KILL);
  });
});

test("calls of x32 are not there", () => {
  expect(verdict("x64", 0x40000000 + 165)).toBe(refused(38));
  expect(verdict("x64", -1)).toBe(refused(38));
});
