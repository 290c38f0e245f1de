import {
  ANNOTATION_CONNECT_TIMEOUT,
  ANNOTATION_FIRST_BYTE_TIMEOUT,
  ANNOTATION_IDLE_TIMEOUT,
  ANNOTATION_MAX_BODY,
  ANNOTATION_MAX_IN_FLIGHT,
  parseQuantity,
  type GatewayConfig,
} from "@sandgate/contract";
import { parseDurationMs, printDuration } from "./duration.ts";

/** What holds for the requests to one sandbox. */
export interface SandboxLimits {
  readonly connectTimeoutMs: number;
  /** From the end of the request to the first byte of the answer. */
  readonly firstByteTimeoutMs: number;
  /** How long a body may pause. */
  readonly idleTimeoutMs: number;
  /** Bytes of a request's body, Infinity without a limit. */
  readonly maxBodyBytes: number;
  /** Requests under way at once. */
  readonly maxInFlight: number;
}

/** The gateway's own limits and the most that a sandbox may ask for. */
export interface LimitBounds {
  readonly own: SandboxLimits;
  readonly most: SandboxLimits;
}

type Keys =
  | "connectTimeoutMs"
  | "firstByteTimeoutMs"
  | "idleTimeoutMs"
  | "maxConnectTimeoutMs"
  | "maxFirstByteTimeoutMs"
  | "maxIdleTimeoutMs"
  | "maxBodyBytes"
  | "maxInFlightPerSandbox";

/** A bound is never below the gateway's own value. Sizes and counts can only be lowered: they protect the gateway. */
export function limitBoundsOf(config: Pick<GatewayConfig, Keys>): LimitBounds {
  const { connectTimeoutMs, firstByteTimeoutMs, idleTimeoutMs } = config;
  const own = {
    connectTimeoutMs,
    firstByteTimeoutMs,
    idleTimeoutMs,
    maxBodyBytes: config.maxBodyBytes ?? Infinity,
    maxInFlight: config.maxInFlightPerSandbox,
  };
  const most = {
    ...own,
    connectTimeoutMs: Math.max(connectTimeoutMs, config.maxConnectTimeoutMs),
    firstByteTimeoutMs: Math.max(firstByteTimeoutMs, config.maxFirstByteTimeoutMs),
    idleTimeoutMs: Math.max(idleTimeoutMs, config.maxIdleTimeoutMs),
  };
  return { own, most };
}

interface Kind {
  /** Undefined where the text is none. */
  parse(text: string): number | undefined;
  print(value: number): string;
  readonly expected: string;
}

const DURATION: Kind = {
  parse: parseDurationMs,
  print: printDuration,
  expected: "no duration such as 90s, 5m or 1h",
};
const BYTES: Kind = {
  parse: (text) => wholeAbove(0, parseQuantity(text)),
  print: String,
  expected: "no number of bytes such as 1048576 or 10Mi",
};
const COUNT: Kind = {
  parse: (text) => (/^[1-9][0-9]{0,9}$/.test(text) ? Number(text) : undefined),
  print: String,
  expected: "no whole number from 1",
};

const ANNOTATED = [
  [ANNOTATION_CONNECT_TIMEOUT, "connectTimeoutMs", DURATION],
  [ANNOTATION_FIRST_BYTE_TIMEOUT, "firstByteTimeoutMs", DURATION],
  [ANNOTATION_IDLE_TIMEOUT, "idleTimeoutMs", DURATION],
  [ANNOTATION_MAX_BODY, "maxBodyBytes", BYTES],
  [ANNOTATION_MAX_IN_FLIGHT, "maxInFlight", COUNT],
] as const satisfies readonly (readonly [string, keyof SandboxLimits, Kind])[];

/**
 * The limits that a Sandbox's annotations ask for, within the bounds. A value that is none is passed over, and one above the
 * bound is lowered to it; both are told in `problems`.
 *
 * @returns Null where they ask for nothing: the gateway's own count.
 */
export function readLimits(
  annotations: Readonly<Record<string, string>>,
  { own, most }: LimitBounds,
  problems: string[],
): SandboxLimits | null {
  let asked: { -readonly [K in keyof SandboxLimits]: SandboxLimits[K] } | null = null;
  for (const [name, key, kind] of ANNOTATED) {
    const text = annotations[name];
    if (text === undefined) continue;
    const value = kind.parse(text);
    if (value === undefined) {
      problems.push(`${name}: ${JSON.stringify(text)} is ${kind.expected}; it is passed over`);
      continue;
    }
    if (value > most[key]) {
      const bound = kind.print(most[key]);
      problems.push(`${name}: ${JSON.stringify(text)} is above this gateway's bound; ${bound} counts`);
    }
    asked ??= { ...own };
    asked[key] = Math.min(value, most[key]);
  }
  return asked;
}

function wholeAbove(bound: number, value: number | undefined): number | undefined {
  return value !== undefined && Number.isSafeInteger(value) && value > bound ? value : undefined;
}
