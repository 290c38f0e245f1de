import { canonicalIp } from "@sandgate/contract";

/** Whether an IP as Kubernetes writes it is the one in canonical form. IPv4 has one form only. */
export function isAddress(ip: string, canonical: string | undefined): boolean {
  return ip === canonical || (ip.includes(":") && canonicalIp(ip) === canonical);
}
