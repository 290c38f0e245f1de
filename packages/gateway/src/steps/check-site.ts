import { SandgateError } from "@sandgate/contract";
import type { HeaderFields } from "../engine/head/header-fields.ts";
import { isLoopback } from "../is-loopback.ts";
import type { Head } from "./parse-head.ts";

export interface SiteRules {
  /** Host names that clients may use beside the address itself, lower case. */
  publicHosts: ReadonlySet<string>;
  /** Every name under it is a sandbox's. */
  baseDomain: string | undefined;
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
export function checkSite(fields: HeaderFields, localAddress: string, head: Head, rules: SiteRules): void {
  if (!isOwnHost(head.hostname, localAddress, rules)) {
    throw new SandgateError("HOST_FORBIDDEN", `The gateway is not reached as ${head.hostname}.`);
  }
  if (head.origin !== undefined) {
    if (rules.allowedOrigins.has(head.origin) || isSameOrigin(head)) return;
    throw new SandgateError("ORIGIN_FORBIDDEN", `Pages of ${head.origin} may not send requests here.`);
  }
  const site = fields.value("sec-fetch-site");
  if (site === undefined || site === "same-origin" || site === "none") return;
  // Following a link is what a person does; the page that had the link learns nothing of the answer.
  if (
    fields.value("sec-fetch-mode") === "navigate" &&
    fields.value("sec-fetch-dest") === "document" &&
    head.method === "GET"
  )
    return;
  throw new SandgateError("ORIGIN_FORBIDDEN", "Another site's page may not send requests here.");
}

function isOwnHost(hostname: string, local: string, rules: SiteRules): boolean {
  if (rules.publicHosts.has(hostname) || hostname === local) return true;
  if (rules.baseDomain !== undefined && hostname.endsWith(`.${rules.baseDomain}`)) return true;
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
