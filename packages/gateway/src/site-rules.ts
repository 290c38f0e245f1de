import { BlockList, isIP } from "node:net";
import type { GatewayConfig } from "@sandgate/contract";
import { StartError } from "./start-error.ts";
import type { SiteRules } from "./steps/check-site.ts";

/** @throws Error that names the value. */
export function siteRulesOf(
  config: Pick<GatewayConfig, "publicUrl" | "allowOrigin" | "baseDomain">,
): SiteRules {
  const publicUrls = config.publicUrl.map((text) => parseUrl(text, "publicUrl"));
  return {
    anyHostOffLoopback: false,
    baseDomain: config.baseDomain,
    publicHosts: new Set(publicUrls.map((url) => url.hostname.replace(/^\[|\]$/g, ""))),
    allowedOrigins: new Set([
      ...publicUrls.map((url) => url.origin),
      ...config.allowOrigin.map((text) => parseUrl(text, "allowOrigin").origin),
    ]),
  };
}

function parseUrl(text: string, key: string): URL {
  if (!URL.canParse(text) || !/^https?:/.test(text)) {
    throw new StartError(`${key}: ${JSON.stringify(text)} is no http or https URL.`);
  }
  return new URL(text);
}

/** Whether the peer is one of them; one that was gone before it was looked at has no address. */
export function isTrusted(trusted: BlockList, address: string): boolean {
  const family = isIP(address);
  return family !== 0 && trusted.check(address, family === 6 ? "ipv6" : "ipv4");
}

/** @throws Error that names the value. */
export function trustedProxiesOf(networks: readonly string[]): BlockList {
  const list = new BlockList();
  for (const network of networks) {
    const [address = "", prefix] = network.split("/");
    const family = isIP(address);
    const bits = prefix === undefined ? (family === 4 ? 32 : 128) : Number(prefix);
    if (family === 0 || !Number.isInteger(bits) || bits < 0 || bits > (family === 4 ? 32 : 128)) {
      throw new StartError(`trustedProxies: ${JSON.stringify(network)} is no network in CIDR form.`);
    }
    list.addSubnet(address, bits, family === 4 ? "ipv4" : "ipv6");
  }
  return list;
}
