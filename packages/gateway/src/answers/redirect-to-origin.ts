import { printHost, SandgateError, type PathAddress } from "@sandgate/contract";
import type { OwnAnswer } from "../engine/exchange-plan.ts";
import { isLoopback } from "../is-loopback.ts";
import { LOCAL_BASE_DOMAIN } from "../steps/address.ts";

/**
 * Sends a browser to the sandbox's own origin.
 *
 * @param local - Address and port that the browser reached.
 * @throws SandgateError PAGE_NEEDS_ORIGIN where there is none.
 */
export function redirectToOrigin(local: { address: string; port: number }, address: PathAddress): OwnAnswer {
  const host = printHost(address, LOCAL_BASE_DOMAIN);
  if (host === null || !isLoopback(local.address)) {
    throw new SandgateError(
      "PAGE_NEEDS_ORIGIN",
      "In path form all sandboxes share one origin, where one's page could act on the others.",
    );
  }
  return {
    status: 307,
    headers: { Location: `http://${host}:${local.port}${address.rest}`, "Cache-Control": "no-store" },
    body: "",
  };
}
