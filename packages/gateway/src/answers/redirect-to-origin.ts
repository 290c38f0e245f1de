import { printHost, SandgateError, type PathAddress } from "@sandgate/contract";
import type { OwnAnswer } from "../engine/exchange-plan.ts";
import { isLoopback } from "../is-loopback.ts";
import { LOCAL_BASE_DOMAIN } from "../steps/address.ts";

/** What a browser reached, and how. */
export interface ReachedBy {
  /** Address and port of the gateway's end of the connection. */
  address: string;
  port: number;
  /** Host header. */
  host: string;
  proto: "http" | "https";
}

/**
 * Sends a browser to the sandbox's own origin.
 *
 * @throws SandgateError PAGE_NEEDS_ORIGIN where there is none.
 */
export function redirectToOrigin(
  reached: ReachedBy,
  address: PathAddress,
  baseDomain: string | undefined,
): OwnAnswer {
  const origin = originOf(reached, address, baseDomain);
  if (origin === null) {
    throw new SandgateError(
      "PAGE_NEEDS_ORIGIN",
      "In path form all sandboxes share one origin, where one's page could act on the others.",
    );
  }
  return {
    status: 307,
    headers: { Location: origin + address.rest, "Cache-Control": "no-store" },
    body: "",
  };
}

function originOf(reached: ReachedBy, address: PathAddress, baseDomain: string | undefined): string | null {
  if (baseDomain !== undefined) {
    const host = printHost(address, baseDomain);
    // Whatever stands in front listens for the one name where it listens for the other.
    const port = /:[0-9]+$/.exec(reached.host)?.[0] ?? "";
    return host === null ? null : `${reached.proto}://${host}${port}`;
  }
  const host = printHost(address, LOCAL_BASE_DOMAIN);
  return host === null || !isLoopback(reached.address) ? null : `${reached.proto}://${host}:${reached.port}`;
}
