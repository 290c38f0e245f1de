import type { PodSpec, SandboxTemplate } from "@sandgate/contract";

/** Resolvers of a pod that may not ask the cluster's. */
const PUBLIC_RESOLVERS = ["8.8.8.8", "1.1.1.1"];

/**
 * The pod that a template means: no service account token unless asked for, and, under the managed default network policy,
 * public name servers instead of the cluster's, which that policy blocks.
 */
export function securePodSpec(template: SandboxTemplate): PodSpec {
  const { podTemplate, networkPolicy, networkPolicyManagement = "Managed" } = template.spec;
  const { spec } = podTemplate;
  const publicDns =
    networkPolicyManagement === "Managed" &&
    networkPolicy === undefined &&
    (spec.dnsPolicy === undefined || spec.dnsPolicy === "");
  return {
    ...spec,
    automountServiceAccountToken: spec.automountServiceAccountToken ?? false,
    ...(publicDns ? { dnsPolicy: "None", dnsConfig: { nameservers: PUBLIC_RESOLVERS } } : {}),
  };
}
