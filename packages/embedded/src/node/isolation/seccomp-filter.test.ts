import { describe, expect, test } from "vitest";
import { DENIED_CALLS, SPECIAL_CALLS } from "./seccomp-calls.ts";
import { seccompFilter } from "./seccomp-filter.ts";

const ALLOW = 0x7fff0000;
const KILL = 0x80000000;
const failsWith = (number: number): number => 0x00050000 + number;
const AUDIT = { x64: 0xc000003e, arm64: 0xc00000b7 };

/** What the kernel would answer: the few instructions of classic BPF that the filter is made of. */
function evaluate(filter: Buffer, call: number, audit: number, args: readonly number[] = []): number {
  const data = Buffer.alloc(64);
  data.writeUInt32LE(call, 0);
  data.writeUInt32LE(audit, 4);
  args.forEach((argument, index) => data.writeUInt32LE(argument, 16 + 8 * index));
  let word = 0;
  for (let at = 0; at < filter.length; at += 8) {
    const code = filter.readUInt16LE(at);
    const value = filter.readUInt32LE(at + 4);
    if (code === 0x06) return value;
    if (code === 0x20) {
      word = data.readUInt32LE(value);
      continue;
    }
    const holds = code === 0x15 ? word === value : code === 0x35 ? word >= value : (word & value) >>> 0 !== 0;
    if (![0x15, 0x35, 0x45].includes(code)) throw new Error(`no such instruction: ${code}`);
    at += 8 * filter.readUInt8(at + (holds ? 2 : 3));
  }
  throw new Error("the filter ends without an answer");
}

describe.each(["x64", "arm64"] as const)("the filter of %s", (architecture) => {
  const filter = seccompFilter(architecture);
  const special = SPECIAL_CALLS[architecture];
  const answer = (call: number, ...args: number[]): number =>
    evaluate(filter, call, AUDIT[architecture], args);

  test("is small enough for the kernel", () => {
    expect(filter.length / 8).toBeLessThanOrEqual(4096);
  });

  test("refuses each denied call with EPERM and allows all other numbers", () => {
    const denied = new Set(DENIED_CALLS.map((call) => call[architecture]));
    const own = new Set<number>(Object.values(special));
    for (let call = 0; call < 600; call += 1) {
      if (own.has(call)) continue;
      expect(answer(call), `call ${call}`).toBe(denied.has(call) ? failsWith(1) : ALLOW);
    }
  });

  test("kills a process that calls by another architecture's table", () => {
    expect(evaluate(filter, 0, 0x40000003)).toBe(KILL);
    expect(evaluate(filter, 0, AUDIT[architecture === "x64" ? "arm64" : "x64"])).toBe(KILL);
  });

  test("lets processes fork and make threads but no namespaces", () => {
    expect(answer(special.clone, 0x01200011)).toBe(ALLOW);
    expect(answer(special.clone, 0x003d0f00)).toBe(ALLOW);
    for (const flag of [0x00020000, 0x02000000, 0x04000000, 0x08000000, 0x10000000, 0x20000000, 0x40000000]) {
      expect(answer(special.clone, flag + 17)).toBe(failsWith(1));
    }
    expect(answer(special.clone3)).toBe(failsWith(38));
  });

  test("refuses terminal requests that reach past a session", () => {
    for (const request of [0x5412, 0x541c, 0x5423]) {
      expect(answer(special.ioctl, 0, request)).toBe(failsWith(1));
    }
    expect(answer(special.ioctl, 0, 0x5413)).toBe(ALLOW);
  });

  test("gives sockets of common families and protocols only", () => {
    for (const family of [2, 10]) {
      for (const protocol of [0, 1, 6, 17, 58])
        expect(answer(special.socket, family, 1, protocol)).toBe(ALLOW);
      for (const protocol of [33, 132, 262]) {
        expect(answer(special.socket, family, 1, protocol)).toBe(failsWith(93));
      }
    }
    expect(answer(special.socket, 1, 1, 0)).toBe(ALLOW);
    expect(answer(special.socket, 16, 3, 0)).toBe(ALLOW);
    expect(answer(special.socket, 16, 3, 12)).toBe(failsWith(93));
    for (const family of [17, 38, 40]) expect(answer(special.socket, family, 3, 0)).toBe(failsWith(97));
  });
});

test("calls of the x32 table do not exist", () => {
  expect(evaluate(seccompFilter("x64"), 0x40000000 + 101, AUDIT.x64)).toBe(failsWith(38));
});
