import { LABEL_TEMPLATE_REF_HASH, type NetworkPolicy, type SandboxTemplate } from "@sandgate/contract";
import { nameHash } from "../name-hash.ts";

/** Ranges of private networks, which a sandbox does not reach under the default policy. */
const PRIVATE_V4 = ["10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "169.254.0.0/16"];
const PRIVATE_V6 = ["fc00::/7", "fe80::/10"];

const FROM_ROUTER = {
  namespaceSelector: { matchLabels: { "kubernetes.io/metadata.name": "agent-sandbox-system" } },
  podSelector: { matchLabels: { app: "sandbox-router" } },
};

/** Name of the policy that all sandboxes of one template share. */
export function networkPolicyName(template: string): string {
  return `${template}-network-policy`;
}

/**
 * The policy that a managed template asks for: its own rules, or else in from the sandbox router and out to the public
 * internet only. Ports without a protocol are TCP, as the server stores them, so that a comparison finds no difference.
 */
export function networkPolicySpec(template: SandboxTemplate): NonNullable<NetworkPolicy["spec"]> {
  const own = template.spec.networkPolicy;
  const name = template.metadata.name ?? "";
  const rules =
    own === undefined
      ? {
          ingress: [{ from: [FROM_ROUTER] }],
          egress: [
            {
              to: [
                { ipBlock: { cidr: "0.0.0.0/0", except: PRIVATE_V4 } },
                { ipBlock: { cidr: "::/0", except: PRIVATE_V6 } },
              ],
            },
          ],
        }
      : {
          ...(own.ingress === undefined ? {} : { ingress: own.ingress.map(withProtocol) }),
          ...(own.egress === undefined ? {} : { egress: own.egress.map(withProtocol) }),
        };
  return {
    podSelector: { matchLabels: { [LABEL_TEMPLATE_REF_HASH]: nameHash(name) } },
    policyTypes: ["Ingress", "Egress"],
    ...rules,
  };
}

function withProtocol(rule: unknown): unknown {
  if (typeof rule !== "object" || rule === null || !("ports" in rule) || !Array.isArray(rule.ports))
    return rule;
  return { ...rule, ports: rule.ports.map((port: object) => ({ protocol: "TCP", ...port })) };
}
