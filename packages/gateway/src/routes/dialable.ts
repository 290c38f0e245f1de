import { BlockList, isIP } from "node:net";

/** Addresses that are never a pod's own: this host, the link, groups, nobody. */
const NEVER = new BlockList();
NEVER.addSubnet("0.0.0.0", 8);
NEVER.addSubnet("127.0.0.0", 8);
NEVER.addSubnet("169.254.0.0", 16);
NEVER.addSubnet("224.0.0.0", 4);
NEVER.addSubnet("240.0.0.0", 4);
NEVER.addAddress("::", "ipv6");
NEVER.addAddress("::1", "ipv6");
NEVER.addSubnet("fe80::", 10, "ipv6");
NEVER.addSubnet("ff00::", 8, "ipv6");

/**
 * Whether the gateway may connect to it as a pod. A pod's status is written by whoever may write pods: an address of the
 * node, of the host or of a metadata service there must not turn the gateway into a way to it.
 */
export function isDialable(ip: string, hostIps: readonly string[]): boolean {
  const family = isIP(ip);
  if (family === 0 || hostIps.includes(ip)) return false;
  if (family === 4) return !NEVER.check(ip, "ipv4");
  // An IPv4 address in IPv6 clothes would pass by the rules for IPv4.
  return !new URL(`http://[${ip}]`).hostname.startsWith("[::ffff:") && !NEVER.check(ip, "ipv6");
}
