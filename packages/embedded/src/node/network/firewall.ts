export interface FirewallOptions {
  table: string;
  bridge: string;
  range: string;
  /** Let pods open connections to the outside. */
  egress: boolean;
  /** Networks of the host's own, which pods don't reach either. */
  neighbours: readonly string[];
}

/** Never reached from a pod, also with egress: the host's and the site's own networks and metadata services. */
const PRIVATE =
  "{ 0.0.0.0/8, 10.0.0.0/8, 100.64.0.0/10, 127.0.0.0/8, 169.254.0.0/16, 172.16.0.0/12, 192.168.0.0/16, 224.0.0.0/3 }";

/**
 * Rules for nft. From the bridge nothing new reaches the host, on any of its addresses, nor is anything forwarded; answers
 * to what the host began pass. With egress new connections are forwarded to public addresses, under the host's name.
 */
export function firewallRules({ table, bridge, range, egress, neighbours }: FirewallOptions): string {
  const outward = egress
    ? `iifname "${bridge}" ip daddr ${PRIVATE} drop
    ${neighbours.map((network) => `iifname "${bridge}" ip daddr ${network} drop\n    `).join("")}iifname "${bridge}" ip saddr ${range} accept
    iifname "${bridge}" drop`
    : `iifname "${bridge}" drop`;
  const masquerade = egress
    ? `
  chain postrouting {
    type nat hook postrouting priority srcnat; policy accept;
    ip saddr ${range} oifname != "${bridge}" masquerade
  }`
    : "";
  return `table inet ${table} {
  chain input {
    type filter hook input priority filter - 10; policy accept;
    iifname "${bridge}" ct state established,related accept
    iifname "${bridge}" drop
  }
  chain forward {
    type filter hook forward priority filter - 10; policy accept;
    iifname "${bridge}" ct state established,related accept
    ${outward}
    oifname "${bridge}" ct state established,related accept
    oifname "${bridge}" drop
  }${masquerade}
}
`;
}
