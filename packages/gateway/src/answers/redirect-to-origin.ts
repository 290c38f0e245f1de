import type { IncomingMessage, ServerResponse } from "node:http";
import { printHost, SandgateError, type PathAddress } from "@sandgate/contract";
import { isLoopback } from "../is-loopback.ts";
import { LOCAL_BASE_DOMAIN } from "../steps/address.ts";

/**
 * Sends a browser to the sandbox's own origin.
 *
 * @throws SandgateError PAGE_NEEDS_ORIGIN where there is none.
 */
export function redirectToOrigin(
  request: IncomingMessage,
  response: ServerResponse,
  address: PathAddress,
): void {
  const host = printHost(address, LOCAL_BASE_DOMAIN);
  const local = (request.socket.localAddress ?? "").replace(/^::ffff:/, "");
  if (host === null || !isLoopback(local)) {
    throw new SandgateError(
      "PAGE_NEEDS_ORIGIN",
      "In path form all sandboxes share one origin, where one's page could act on the others.",
    );
  }
  response
    .writeHead(307, {
      location: `http://${host}:${request.socket.localPort}${address.rest}`,
      "cache-control": "no-store",
    })
    .end();
}
