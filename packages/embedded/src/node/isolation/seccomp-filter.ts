import { DENIED_CALLS, SPECIAL_CALLS } from "./seccomp-calls.ts";

/** Classic BPF as the kernel takes it for seccomp (linux/filter.h, linux/seccomp.h). */
const LOAD_WORD = 0x20;
const JUMP_EQUAL = 0x15;
const JUMP_SET = 0x45;
const JUMP_GREATER_EQUAL = 0x35;
const RETURN = 0x06;

const ALLOW = 0x7fff0000;
const KILL_PROCESS = 0x80000000;
const errno = (number: number): number => 0x00050000 | number;
const EPERM = errno(1);
const ENOSYS = errno(38);
const EAFNOSUPPORT = errno(97);
const EPROTONOSUPPORT = errno(93);

/** Offsets in struct seccomp_data; arguments are 64 bits, low word first on both architectures. */
const OFFSET_NUMBER = 0;
const OFFSET_ARCH = 4;
const offsetOfArgument = (index: number): number => 16 + 8 * index;

const ARCHITECTURES = {
  x64: { audit: 0xc000003e, x32Bit: 0x40000000 },
  arm64: { audit: 0xc00000b7, x32Bit: null },
} as const;

/** CLONE_NEWTIME (shares a bit with the exit signal, so it is left out), NEWNS, NEWCGROUP, NEWUTS, NEWIPC, NEWUSER, NEWPID, NEWNET. */
const NEW_NAMESPACES =
  0x00020000 | 0x02000000 | 0x04000000 | 0x08000000 | 0x10000000 | 0x20000000 | 0x40000000;
/**
 * TIOCSTI puts a character into a terminal's input, a way out of a session; TIOCLINUX is its console cousin. TIOCSETD has the
 * kernel load line disciplines, old drivers that anybody with a terminal can otherwise reach.
 */
const DENIED_TERMINAL_REQUESTS = [0x5412, 0x541c, 0x5423];
/**
 * Unix, IPv4, IPv6 and netlink. Others reach the host or the kernel past the network namespace (vsock, alg) or have the kernel
 * load a driver (the odd ones).
 */
const FAMILY = { unix: 1, ipv4: 2, ipv6: 10, netlink: 16 } as const;
/** Default, ICMP, TCP, UDP, ICMPv6. Others (SCTP, DCCP, MPTCP …) are drivers that the kernel loads on demand. */
const INTERNET_PROTOCOLS = [0, 1, 6, 17, 58];
/** Routes only, by which libraries list addresses. */
const NETLINK_PROTOCOLS = [0];

export type SeccompArchitecture = keyof typeof ARCHITECTURES;

interface Instruction {
  code: number;
  jumpTrue: number;
  jumpFalse: number;
  value: number;
}

/**
 * The filter for a pod's processes as struct sock_filter[], for bubblewrap's `--seccomp` and for exec. What is not denied
 * is allowed: pods run whole languages and shells, and the namespaces and the user id are the walls; the filter keeps
 * programs from the kernel's side doors.
 */
export function seccompFilter(architecture: SeccompArchitecture): Buffer {
  const { audit, x32Bit } = ARCHITECTURES[architecture];
  const special = SPECIAL_CALLS[architecture];
  const program: Instruction[] = [
    load(OFFSET_ARCH),
    ...unless(JUMP_EQUAL, audit, [result(KILL_PROCESS)]),
    load(OFFSET_NUMBER),
    ...(x32Bit === null ? [] : when(JUMP_GREATER_EQUAL, x32Bit, [result(ENOSYS)])),
    // Its flags lie in memory that a filter cannot read; libc falls back to clone.
    ...when(JUMP_EQUAL, special.clone3, [result(ENOSYS)]),
    ...when(JUMP_EQUAL, special.clone, [
      load(offsetOfArgument(0)),
      ...when(JUMP_SET, NEW_NAMESPACES, [result(EPERM)]),
      result(ALLOW),
    ]),
    ...when(JUMP_EQUAL, special.ioctl, [
      load(offsetOfArgument(1)),
      ...DENIED_TERMINAL_REQUESTS.flatMap((request) => when(JUMP_EQUAL, request, [result(EPERM)])),
      result(ALLOW),
    ]),
    ...when(JUMP_EQUAL, special.socket, [
      load(offsetOfArgument(0)),
      ...when(JUMP_EQUAL, FAMILY.unix, [result(ALLOW)]),
      ...[FAMILY.ipv4, FAMILY.ipv6].flatMap((family) =>
        when(JUMP_EQUAL, family, [load(offsetOfArgument(2)), ...allowOnly(INTERNET_PROTOCOLS)]),
      ),
      ...when(JUMP_EQUAL, FAMILY.netlink, [load(offsetOfArgument(2)), ...allowOnly(NETLINK_PROTOCOLS)]),
      result(EAFNOSUPPORT),
    ]),
    ...DENIED_CALLS.flatMap((denied) => {
      const number = denied[architecture];
      return number === null ? [] : when(JUMP_EQUAL, number, [result(EPERM)]);
    }),
    result(ALLOW),
  ];
  return encode(program);
}

/** The filter of this machine. @throws Error on an architecture without a table. */
export function hostSeccompFilter(): Buffer {
  if (process.arch !== "x64" && process.arch !== "arm64") {
    throw new Error(`Pods can be isolated on x64 and arm64 only, not on ${process.arch}.`);
  }
  return seccompFilter(process.arch);
}

function load(offset: number): Instruction {
  return { code: LOAD_WORD, jumpTrue: 0, jumpFalse: 0, value: offset };
}

function result(value: number): Instruction {
  return { code: RETURN, jumpTrue: 0, jumpFalse: 0, value };
}

function allowOnly(protocols: readonly number[]): Instruction[] {
  return [
    ...protocols.flatMap((protocol) => when(JUMP_EQUAL, protocol, [result(ALLOW)])),
    result(EPROTONOSUPPORT),
  ];
}

function when(code: number, value: number, then: readonly Instruction[]): Instruction[] {
  return [{ code, jumpTrue: 0, jumpFalse: then.length, value }, ...then];
}

function unless(code: number, value: number, then: readonly Instruction[]): Instruction[] {
  return [{ code, jumpTrue: then.length, jumpFalse: 0, value }, ...then];
}

function encode(program: readonly Instruction[]): Buffer {
  const bytes = Buffer.alloc(program.length * 8);
  program.forEach(({ code, jumpTrue, jumpFalse, value }, index) => {
    if (jumpTrue > 255 || jumpFalse > 255)
      throw new RangeError("a jump of a seccomp filter is at most 255 long");
    bytes.writeUInt16LE(code, index * 8);
    bytes.writeUInt8(jumpTrue, index * 8 + 2);
    bytes.writeUInt8(jumpFalse, index * 8 + 3);
    bytes.writeUInt32LE(value >>> 0, index * 8 + 4);
  });
  return bytes;
}
