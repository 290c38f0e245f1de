import type { IncomingMessage } from "node:http";
import { SandgateError } from "@sandgate/contract";
import { isLoopback } from "../is-loopback.ts";
import type { Head } from "./parse-head.ts";

export interface SiteRules {
  /** Host names that clients may use beside the address itself, lower case. */
  publicHosts: ReadonlySet<string>;
  /** Origins whose pages may send requests. */
  allowedOrigins: ReadonlySet<string>;
  /** Off loopback every Host will do: clients inside a cluster use names that only its DNS knows. */
  anyHostOffLoopback: boolean;
}

/**
 * Refuses what another site's page could make a browser send. A foreign Host is a name that was pointed here to read
 * answers as that site (DNS rebinding); a foreign Origin is a page that reaches across.
 *
 * @throws SandgateError HOST_FORBIDDEN, ORIGIN_FORBIDDEN.
 */
export function checkSite(request: IncomingMessage, head: Head, rules: SiteRules): void {
  if (!isOwnHost(head.hostname, request.socket.localAddress, rules)) {
    throw new SandgateError("HOST_FORBIDDEN", `The gateway is not reached as ${head.hostname}.`);
  }
  if (head.origin !== undefined) {
    if (rules.allowedOrigins.has(head.origin) || isSameOrigin(head)) return;
    throw new SandgateError("ORIGIN_FORBIDDEN", `Pages of ${head.origin} may not send requests here.`);
  }
  const site = request.headers["sec-fetch-site"];
  if (site === undefined || site === "same-origin" || site === "none") return;
  // Following a link is what a person does; the page that had the link learns nothing of the answer.
  if (
    request.headers["sec-fetch-mode"] === "navigate" &&
    request.headers["sec-fetch-dest"] === "document" &&
    head.method === "GET"
  )
    return;
  throw new SandgateError("ORIGIN_FORBIDDEN", "Another site's page may not send requests here.");
}

function isOwnHost(hostname: string, localAddress: string | undefined, rules: SiteRules): boolean {
  const local = (localAddress ?? "").replace(/^::ffff:/, "");
  if (rules.publicHosts.has(hostname) || hostname === local) return true;
  if (!isLoopback(local)) return rules.anyHostOffLoopback;
  return isLoopback(hostname) || hostname === "localhost" || hostname.endsWith(".localhost");
}

function isSameOrigin(head: Head): boolean {
  try {
    return new URL(head.origin ?? "").host === new URL(`http://${head.host}`).host;
  } catch {
    return false;
  }
}
