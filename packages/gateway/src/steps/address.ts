import {
  HEADER_SANDBOX_ID,
  HEADER_SANDBOX_NAMESPACE,
  HEADER_SANDBOX_POD_IP,
  HEADER_SANDBOX_PORT,
  HEADER_SANDBOX_TIMEOUT,
  HEADER_SANDBOX_UID,
  parseHost,
  parsePath,
  parseSandboxHeaders,
  SandgateError,
  type HeaderAddress,
  type PathAddress,
} from "@sandgate/contract";
import type { HeaderFields } from "../engine/head/header-fields.ts";
import type { ConnectionMemory } from "./connection-memory.ts";
import type { Head } from "./parse-head.ts";

/** Base domain of the host form on loopback: browsers resolve `*.localhost` there by themselves. */
export const LOCAL_BASE_DOMAIN = "localhost";

/** Which listener a request came in by. */
export type Entry = "gateway" | "router";

const SANDBOX_HEADERS = [
  HEADER_SANDBOX_ID,
  HEADER_SANDBOX_NAMESPACE,
  HEADER_SANDBOX_PORT,
  HEADER_SANDBOX_UID,
  HEADER_SANDBOX_POD_IP,
  HEADER_SANDBOX_TIMEOUT,
] as const;

export type Addressed =
  | ({ form: "path" | "host" } & PathAddress)
  /** The Sandbox object that headers name; only by the router's listener. */
  | ({ form: "header"; rest: string } & HeaderAddress)
  /** The gateway's own page. */
  | { form: "own"; path: string };

/**
 * Where the request goes. The form is chosen first and once: a Host under the base domain is the host form, where every path
 * is the sandbox's; else the router's listener takes the header form for all but its health page; else the path says. A
 * malformed one never falls through to another.
 *
 * @param baseDomain - Of the host form, beside the one on loopback.
 * @throws SandgateError ADDRESS_MALFORMED.
 */
export function resolveAddress(
  head: Head,
  fields: HeaderFields,
  entry: Entry,
  baseDomain: string | undefined,
  memory: ConnectionMemory,
): Addressed {
  const { hostname } = head;
  if (hostname !== memory.addressedName) {
    memory.hostAddress = parseHost(hostname, baseOf(hostname, baseDomain));
    memory.addressedName = hostname;
  }
  const host = memory.hostAddress;
  if (host === "malformed") {
    const base = baseOf(hostname, baseDomain);
    throw new SandgateError("ADDRESS_MALFORMED", `${hostname} is no [port--]sandbox--user.${base}.`);
  }
  if (host !== null) return { form: "host", ...host, rest: head.target };
  return entry === "router" ? byHeaders(head, fields) : byPath(head);
}

function baseOf(hostname: string, baseDomain: string | undefined): string {
  return baseDomain !== undefined && hostname.endsWith(`.${baseDomain}`) ? baseDomain : LOCAL_BASE_DOMAIN;
}

function byHeaders({ target }: Head, fields: HeaderFields): Addressed {
  if (target === "/healthz" || target.startsWith("/healthz?")) return { form: "own", path: "/healthz" };
  const parsed = parseSandboxHeaders(
    Object.fromEntries(SANDBOX_HEADERS.map((name) => [name, fields.joined(name)])),
  );
  if (parsed.kind === "malformed") throw new SandgateError("ADDRESS_MALFORMED", parsed.why);
  return { form: "header", ...parsed.address, rest: target };
}

function byPath({ target }: Head): Addressed {
  const parsed = parsePath(target);
  if (parsed.kind === "malformed")
    throw new SandgateError("ADDRESS_MALFORMED", `The address is malformed: ${parsed.why}.`);
  if (parsed.kind === "own") return { form: "own", path: parsed.path };
  const { user, sandbox, port, rest } = parsed.address;
  return { form: "path", user, sandbox, port, rest };
}
