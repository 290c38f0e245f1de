/** Whether NetworkPolicies let one pod talk to another, by the rules of networking.k8s.io/v1. Pure. */
import {
  matchesLabels,
  selectorFromObject,
  type LabelSelectorObject,
  type NetworkPolicy,
} from "@sandgate/contract";
import { BlockList, isIP } from "node:net";

/** One end of a connection. */
export interface PolicyEnd {
  namespace: string;
  namespaceLabels: Readonly<Record<string, string>>;
  labels: Readonly<Record<string, string>>;
  ips: readonly string[];
  /** Ports by name, which rules may use. */
  namedPorts?: readonly { name?: string; containerPort: number; protocol?: string }[];
}

export interface Connection {
  from: PolicyEnd;
  to: PolicyEnd;
  /** TCP. */
  port: number;
}

interface Peer {
  podSelector?: LabelSelectorObject;
  namespaceSelector?: LabelSelectorObject;
  ipBlock?: { cidr: string; except?: string[] };
}

interface Rule {
  from?: Peer[];
  to?: Peer[];
  ports?: { protocol?: string; port?: number | string; endPort?: number }[];
}

interface Spec {
  podSelector?: LabelSelectorObject;
  policyTypes?: string[];
  ingress?: Rule[];
  egress?: Rule[];
}

/**
 * Names of the policies that together refuse the connection: those that select its target (`in`) or its source (`out`),
 * where none of them has a rule for it. Empty where it may pass.
 */
export function refusingPolicies(
  policies: readonly NetworkPolicy[],
  direction: "in" | "out",
  connection: Connection,
): string[] {
  const [self, other] =
    direction === "in" ? [connection.to, connection.from] : [connection.from, connection.to];
  const selecting = policies.filter(
    (policy) =>
      policy.metadata.namespace === self.namespace &&
      hasDirection(specOf(policy), direction) &&
      selects(specOf(policy).podSelector, self.labels),
  );
  const passes = selecting.some((policy) => {
    const { ingress, egress } = specOf(policy);
    const rules = (direction === "in" ? ingress : egress) ?? [];
    return rules.some(
      (rule) =>
        matchesPort(rule, connection) &&
        matchesPeer(direction === "in" ? rule.from : rule.to, other, self.namespace),
    );
  });
  return passes ? [] : selecting.map(({ metadata }) => metadata.name ?? "");
}

function specOf(policy: NetworkPolicy): Spec {
  return policy.spec ?? {};
}

/** Ingress counts unless the types leave it out; egress where they name it, or, without types, where there are rules. */
function hasDirection({ policyTypes, egress }: Spec, direction: "in" | "out"): boolean {
  if (policyTypes !== undefined && policyTypes.length > 0)
    return policyTypes.includes(direction === "in" ? "Ingress" : "Egress");
  return direction === "in" || egress !== undefined;
}

function selects(
  selector: LabelSelectorObject | undefined,
  labels: Readonly<Record<string, string>>,
): boolean {
  return matchesLabels(selectorFromObject(selector ?? {}), labels);
}

function matchesPort({ ports }: Rule, { to, port }: Connection): boolean {
  if (ports === undefined || ports.length === 0) return true;
  return ports.some(({ protocol = "TCP", port: wanted, endPort }) => {
    if (protocol !== "TCP") return false;
    if (wanted === undefined) return true;
    if (typeof wanted === "number") return port >= wanted && port <= (endPort ?? wanted);
    return (to.namedPorts ?? []).some(
      (named) => named.name === wanted && named.containerPort === port && (named.protocol ?? "TCP") === "TCP",
    );
  });
}

function matchesPeer(peers: readonly Peer[] | undefined, other: PolicyEnd, namespace: string): boolean {
  if (peers === undefined || peers.length === 0) return true;
  return peers.some(({ ipBlock, namespaceSelector, podSelector }) => {
    if (ipBlock !== undefined) return other.ips.some((ip) => inBlock(ip, ipBlock));
    const there =
      namespaceSelector === undefined
        ? other.namespace === namespace
        : selects(namespaceSelector, other.namespaceLabels);
    return there && selects(podSelector, other.labels);
  });
}

function inBlock(ip: string, { cidr, except = [] }: NonNullable<Peer["ipBlock"]>): boolean {
  return inCidr(ip, cidr) && !except.some((one) => inCidr(ip, one));
}

function inCidr(ip: string, cidr: string): boolean {
  const [network = "", bits = ""] = cidr.split("/");
  const family = isIP(network);
  if (
    family === 0 ||
    family !== isIP(ip) ||
    !/^\d{1,3}$/.test(bits) ||
    Number(bits) > (family === 4 ? 32 : 128)
  )
    return false;
  const kind = family === 4 ? "ipv4" : "ipv6";
  const block = new BlockList();
  block.addSubnet(network, Number(bits), kind);
  return block.check(ip, kind);
}
