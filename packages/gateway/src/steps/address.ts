import { parseHost, parsePath, SandgateError, type PathAddress } from "@sandgate/contract";
import type { Head } from "./parse-head.ts";

/** Base domain of the host form on loopback: browsers resolve `*.localhost` there by themselves. */
export const LOCAL_BASE_DOMAIN = "localhost";

export type Addressed =
  | ({ form: "path" | "host" } & PathAddress)
  /** The gateway's own page. */
  | { form: "own"; path: string };

/**
 * Where the request goes. The form is chosen once, by the Host: under the base domain every path is the sandbox's, else the
 * path says. A malformed one never falls through to the other.
 *
 * @throws SandgateError ADDRESS_MALFORMED.
 */
export function resolveAddress(head: Head): Addressed {
  const host = parseHost(head.hostname, LOCAL_BASE_DOMAIN);
  if (host === "malformed") {
    throw new SandgateError(
      "ADDRESS_MALFORMED",
      `${head.hostname} is no [port--]sandbox--user.${LOCAL_BASE_DOMAIN}.`,
    );
  }
  if (host !== null) return { form: "host", ...host, rest: head.target };
  const parsed = parsePath(head.target);
  if (parsed.kind === "malformed")
    throw new SandgateError("ADDRESS_MALFORMED", `The address is malformed: ${parsed.why}.`);
  return parsed.kind === "own" ? { form: "own", path: parsed.path } : { form: "path", ...parsed.address };
}
