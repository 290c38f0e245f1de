import {
  HEADER_SANDBOX_ID,
  HEADER_SANDBOX_NAMESPACE,
  HEADER_SANDBOX_POD_IP,
  HEADER_SANDBOX_PORT,
  HEADER_SANDBOX_TIMEOUT,
  HEADER_SANDBOX_UID,
} from "../headers.ts";
import { canonicalIp, isSpecialIp } from "./ip-address.ts";

/** Where a request in header form goes: the Sandbox object that `X-Sandbox-*` name. */
export interface HeaderAddress {
  namespace: string;
  /** Name of the Sandbox object, not of its claim. */
  sandbox: string;
  /** Absent: the one that upstream's protocol means, 8888 unless configured otherwise. */
  port: number | undefined;
  /** UID that the Sandbox must have. */
  uid: string | undefined;
  /** The pod's address as the client knows it, in canonical form. */
  podIp: string | undefined;
  /** How long the client waits for the answer, in milliseconds. */
  timeoutMs: number | undefined;
}

export type ParsedHeaders =
  | { kind: "address"; address: HeaderAddress }
  /** In upstream's words, which clients may match on. */
  | { kind: "malformed"; why: string };

/** Headers by lower-case name, as Node.js gives them: one that was sent twice is joined by commas, and so malformed. */
export type HeaderValues = Readonly<Record<string, string | readonly string[] | undefined>>;

const LABEL = /^[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$/;
/** With a sign or leading zeros, as upstream's parser takes it. */
const INTEGER = /^\+?[0-9]+$/;
const DECIMAL = /^\+?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:e[+-]?[0-9]{1,3})?$/i;
const DEFAULT_NAMESPACE = "default";

/**
 * Reads the headers of upstream's router protocol. An empty header counts as none. The first wrong one in the order ID,
 * namespace, port, pod IP is told. A time-out that is no positive number is not one, and is passed over.
 */
export function parseSandboxHeaders(headers: HeaderValues): ParsedHeaders {
  const sandbox = valueOf(headers, HEADER_SANDBOX_ID);
  if (sandbox === undefined) return malformed("X-Sandbox-ID header is required.");
  if (!LABEL.test(sandbox)) return malformed("Invalid sandbox ID format.");
  const namespace = valueOf(headers, HEADER_SANDBOX_NAMESPACE) ?? DEFAULT_NAMESPACE;
  if (!LABEL.test(namespace)) return malformed("Invalid namespace format.");
  const portText = valueOf(headers, HEADER_SANDBOX_PORT);
  const port = portText === undefined ? undefined : INTEGER.test(portText) ? Number(portText) : 0;
  if (port !== undefined && (port < 1 || port > 65_535)) return malformed("Invalid port format.");
  const podIpText = valueOf(headers, HEADER_SANDBOX_POD_IP);
  const podIp = podIpText === undefined ? undefined : canonicalIp(podIpText);
  if (podIp === null || (podIp !== undefined && isSpecialIp(podIp)))
    return malformed("Invalid target IP address.");
  return {
    kind: "address",
    address: {
      namespace,
      sandbox,
      port,
      uid: valueOf(headers, HEADER_SANDBOX_UID),
      podIp,
      timeoutMs: parseTimeout(valueOf(headers, HEADER_SANDBOX_TIMEOUT)),
    },
  };
}

/** The headers that `parseSandboxHeaders` reads back. */
export function printSandboxHeaders(address: HeaderAddress): Record<string, string> {
  const { namespace, sandbox, port, uid, podIp, timeoutMs } = address;
  return {
    [HEADER_SANDBOX_ID]: sandbox,
    [HEADER_SANDBOX_NAMESPACE]: namespace,
    ...(port === undefined ? {} : { [HEADER_SANDBOX_PORT]: String(port) }),
    ...(uid === undefined ? {} : { [HEADER_SANDBOX_UID]: uid }),
    ...(podIp === undefined ? {} : { [HEADER_SANDBOX_POD_IP]: podIp }),
    ...(timeoutMs === undefined ? {} : { [HEADER_SANDBOX_TIMEOUT]: String(timeoutMs / 1000) }),
  };
}

function malformed(why: string): ParsedHeaders {
  return { kind: "malformed", why };
}

function valueOf(headers: HeaderValues, name: string): string | undefined {
  const value = headers[name];
  const text = typeof value === "object" ? value.join(", ") : value;
  return text === "" ? undefined : text;
}

function parseTimeout(text: string | undefined): number | undefined {
  if (text === undefined || !DECIMAL.test(text)) return undefined;
  const timeoutMs = Math.round(Number(text) * 1000);
  return Number.isFinite(timeoutMs) && timeoutMs > 0 ? timeoutMs : undefined;
}
