/** Headers that the gateway has a rule for. All others are passed on as they came, by their bytes. */
export const KNOWN_HEADERS = [
  "host",
  "connection",
  "content-length",
  "content-type",
  "transfer-encoding",
  "expect",
  "upgrade",
  "keep-alive",
  "proxy-authenticate",
  "proxy-authorization",
  "proxy-connection",
  "te",
  "trailer",
  "http2-settings",
  "authorization",
  "cookie",
  "sandgate-key",
  "sandgate-timing",
  "traceparent",
  "tracestate",
  "origin",
  "accept",
  "sec-fetch-site",
  "sec-fetch-mode",
  "sec-fetch-dest",
  "upgrade-insecure-requests",
  "forwarded",
  "x-forwarded-for",
  "x-forwarded-host",
  "x-forwarded-proto",
  "x-forwarded-port",
  "x-forwarded-prefix",
  "x-real-ip",
  "x-request-id",
  "x-sandbox-id",
  "x-sandbox-namespace",
  "x-sandbox-port",
  "x-sandbox-uid",
  "x-sandbox-pod-ip",
  "x-sandbox-timeout",
  "location",
  "content-location",
  "refresh",
  "set-cookie",
  "service-worker-allowed",
  "clear-site-data",
  "alt-svc",
  "strict-transport-security",
  "nel",
  "report-to",
  // Stand for all that begin so.
  "x-sandbox-*",
  "sandgate-*",
] as const;

/** Of one connection, never passed on in either direction (RFC 9110, section 7.6.1, and those in old use). */
export const HOP_BY_HOP = [
  "connection",
  "keep-alive",
  "proxy-authenticate",
  "proxy-authorization",
  "proxy-connection",
  "te",
  "upgrade",
  "http2-settings",
] as const satisfies readonly KnownHeader[];

export type KnownHeader = (typeof KNOWN_HEADERS)[number];

/** Number of a known header, from 1; 0 stands for every other. */
export const HEADER_ID: Readonly<Record<KnownHeader, number>> = Object.fromEntries(
  KNOWN_HEADERS.map((name, index) => [name, index + 1]),
) as Record<KnownHeader, number>;

/** The hash that a scanner makes of a name while it reads it: `hash = step(hash, lower-case byte)` from 0 on. */
export function hashStep(hash: number, byte: number): number {
  return (Math.imul(hash, 31) + byte) | 0;
}

const BYTES = KNOWN_HEADERS.map((name) => Buffer.from(name, "latin1"));
const HASHES = BYTES.map((name) => name.reduce(hashStep, 0));
const SLOT_BITS = 10;
/** Spreads the known hashes so that each has a slot for itself: one look finds the only candidate. */
const SPREAD = spreadOf(HASHES);
const ID_BY_SLOT = new Uint8Array(1 << SLOT_BITS);
HASHES.forEach((hash, index) => (ID_BY_SLOT[slotOf(hash, SPREAD)] = index + 1));

function slotOf(hash: number, spread: number): number {
  return Math.imul(hash, spread) >>> (32 - SLOT_BITS);
}

function spreadOf(hashes: readonly number[]): number {
  for (let spread = 0x9e37_79b1; spread > 0; spread -= 2) {
    if (new Set(hashes.map((hash) => slotOf(hash, spread))).size === hashes.length) return spread;
  }
  throw new Error("two known headers have one hash");
}

/**
 * The number of the header whose name stands there, in any case; 0 where it is none of the known. The hash only finds the
 * candidate: a sender can make names with any hash.
 */
export function headerIdOf(bytes: Buffer, start: number, end: number, hash: number): number {
  const id = ID_BY_SLOT[slotOf(hash, SPREAD)]!;
  if (id !== 0) {
    const name = BYTES[id - 1]!;
    if (name.length === end - start && beginsWith(bytes, start, name, name.length)) return id;
  }
  const first = bytes[start]! | 0x20;
  if (first !== 0x73 && first !== 0x78) return 0;
  for (const { prefix, id } of FAMILIES) {
    if (end - start > prefix.length && beginsWith(bytes, start, prefix, prefix.length)) return id;
  }
  return 0;
}

/**
 * Whether a name with underscores would be a known header with hyphens. Programs that make variables of headers (CGI, WSGI) read
 * both as one: `X_Forwarded_For` would be believed, `Transfer_Encoding` be a second framing.
 */
export function isLookalike(bytes: Buffer, start: number, end: number): boolean {
  const name = Buffer.from(bytes.toString("latin1", start, end).toLowerCase().replaceAll("_", "-"), "latin1");
  return headerIdOf(name, 0, name.length, name.reduce(hashStep, 0)) !== 0;
}

const FAMILIES = (["x-sandbox-*", "sandgate-*"] as const).map((name) => ({
  prefix: Buffer.from(name.slice(0, -1), "latin1"),
  id: HEADER_ID[name],
}));

function beginsWith(bytes: Buffer, start: number, lower: Buffer, length: number): boolean {
  for (let index = 0; index < length; index++) {
    const byte = bytes[start + index]!;
    if ((byte >= 0x41 && byte <= 0x5a ? byte | 0x20 : byte) !== lower[index]) return false;
  }
  return true;
}

/** A table of marks by header number, for `HeaderFields.linesWithout`. */
export function markHeaders(names: Iterable<KnownHeader>): Uint8Array {
  const marks = new Uint8Array(KNOWN_HEADERS.length + 1);
  for (const name of names) marks[HEADER_ID[name]] = 1;
  return marks;
}
