import { chromium, type Browser } from "playwright-core";
import { CHROMIUM } from "../system-parts.ts";

/** Nothing of it looks for the network, and names under this domain lead to this machine. */
const FLAGS = [
  "--no-sandbox",
  "--disable-gpu",
  "--disable-quic",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
];

/**
 * Chromium without a window, with an empty profile of its own.
 *
 * @param baseDomain - Names under it lead to loopback, as a wildcard record would have it.
 */
export function openBrowser(baseDomain: string): Promise<Browser> {
  return chromium.launch({
    executablePath: CHROMIUM,
    args: [...FLAGS, `--host-resolver-rules=MAP *.${baseDomain} 127.0.0.1`],
  });
}
