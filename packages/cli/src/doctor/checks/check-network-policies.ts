import type { LabelSelectorObject, NetworkPolicy } from "@sandgate/contract";
import { subjectOf } from "../about-sandbox.ts";
import type { Check, Facts, GatewayPodFact, SandboxFact } from "../facts.ts";
import { finding, type Finding } from "../finding.ts";
import { LABEL_APP } from "../gateway-apps.ts";
import { meantPort } from "../meant-port.ts";
import { refusingPolicies, type PolicyEnd } from "../network-policy.ts";

const LABEL_NAMESPACE = "kubernetes.io/metadata.name";

/** Whether NetworkPolicies let the gateway's pods get to sandboxes. From outside of the cluster other rules count. */
export const checkNetworkPolicies: Check = (facts) => {
  const { policies, namespaces, gatewayPods, sandboxes } = facts;
  if (policies === null || namespaces === null || policies.length === 0) return [];
  // Pods of one Deployment are alike.
  const gateways = Map.groupBy(gatewayPods ?? [], ({ namespace, app }) => `${namespace}/${app}`);
  return [...gateways.values()].flatMap(([gateway]) =>
    gateway === undefined
      ? []
      : (sandboxes ?? []).flatMap((fact) =>
          fact.pod === undefined ? [] : judge({ facts, policies, gateway, fact }),
        ),
  );
};

interface Pair {
  facts: Facts;
  policies: readonly NetworkPolicy[];
  gateway: GatewayPodFact;
  fact: SandboxFact;
}

function judge({ facts, policies, gateway, fact }: Pair): Finding[] {
  const end = (namespace: string, one: Omit<PolicyEnd, "namespace" | "namespaceLabels">): PolicyEnd => ({
    ...one,
    namespace,
    namespaceLabels: facts.namespaces?.get(namespace) ?? {},
  });
  const { namespace } = fact.sandbox;
  const connection = {
    from: end(gateway.namespace, gateway),
    to: end(namespace, {
      labels: fact.podLabels,
      ips: fact.pod?.podIps ?? [],
      namedPorts: fact.namedPorts,
    }),
    port: meantPort(fact, facts.settings) ?? fact.route.declaredPorts[0] ?? facts.settings.sandboxPort,
  };
  const found: Finding[] = [];
  const [into] = refusingPolicies(policies, "in", connection);
  if (into !== undefined) {
    const policy = admitting(policies, namespace, into, {
      policyTypes: ["Ingress"],
      ingress: [{ from: [peer(gateway.namespace, { [LABEL_APP]: gateway.app })] }],
    });
    const detail = `${namespace}/${into} does not admit ${gateway.namespace}/${gateway.app} on port ${connection.port}`;
    found.push(finding("NETWORK_POLICY_REFUSES", subjectOf(fact), detail, { policy }));
  }
  const [out] = refusingPolicies(policies, "out", connection);
  if (out !== undefined) {
    const policy = admitting(policies, gateway.namespace, out, {
      policyTypes: ["Egress"],
      egress: [{ to: [peer(namespace)] }],
    });
    const detail = `${gateway.namespace}/${out} does not let ${gateway.app} out to namespace ${namespace}`;
    found.push(finding("GATEWAY_EGRESS_REFUSED", subjectOf(fact), detail, { policy }));
  }
  return found;
}

function peer(namespace: string, labels?: Record<string, string>): object {
  return {
    namespaceSelector: { matchLabels: { [LABEL_NAMESPACE]: namespace } },
    ...(labels === undefined ? {} : { podSelector: { matchLabels: labels } }),
  };
}

/** A policy beside the one that refuses, for the very pods that it selects: policies add up. */
function admitting(
  policies: readonly NetworkPolicy[],
  namespace: string,
  name: string,
  rules: object,
): string {
  const refusing = policies.find(
    ({ metadata }) => metadata.namespace === namespace && metadata.name === name,
  );
  const podSelector = (refusing?.spec?.["podSelector"] ?? {}) as LabelSelectorObject;
  return JSON.stringify({
    apiVersion: "networking.k8s.io/v1",
    kind: "NetworkPolicy",
    metadata: { namespace, name: `sandgate-beside-${name}` },
    spec: { podSelector, ...rules },
  });
}
