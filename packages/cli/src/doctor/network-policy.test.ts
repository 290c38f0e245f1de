import type { NetworkPolicy } from "@sandgate/contract";
import { describe, expect, it } from "vitest";
import { refusingPolicies, type Connection } from "./network-policy.ts";

const CONNECTION: Connection = {
  from: {
    namespace: "sandgate-system",
    namespaceLabels: { "kubernetes.io/metadata.name": "sandgate-system" },
    labels: { "app.kubernetes.io/name": "sandgate-gateway" },
    ips: ["10.1.0.7"],
  },
  to: {
    namespace: "agents",
    namespaceLabels: { "kubernetes.io/metadata.name": "agents" },
    labels: { box: "yes" },
    ips: ["10.1.0.9"],
    namedPorts: [{ name: "http", containerPort: 8888 }],
  },
  port: 8888,
};

function policy(spec: object, namespace = "agents"): NetworkPolicy {
  return { metadata: { namespace, name: "p" }, spec: { podSelector: {}, ...spec } };
}

const from = (...peers: object[]): object => ({ ingress: [{ from: peers }] });
const OURS = { matchLabels: { "kubernetes.io/metadata.name": "sandgate-system" } };
const GATEWAY = { matchLabels: { "app.kubernetes.io/name": "sandgate-gateway" } };

describe("refusingPolicies into a pod", () => {
  it("lets everything in where no policy selects the pod", () => {
    expect(refusingPolicies([], "in", CONNECTION)).toEqual([]);
  });

  it.each<[string, NetworkPolicy]>([
    ["is of another namespace", policy({}, "other")],
    ["selects other pods", policy({ podSelector: { matchLabels: { box: "no" } } })],
    ["is about egress only", policy({ policyTypes: ["Egress"] })],
    ["has a rule for everybody", policy({ ingress: [{}] })],
    ["has an empty list of peers", policy({ ingress: [{ from: [] }] })],
    ["admits our namespace", policy(from({ namespaceSelector: OURS }))],
    ["admits any namespace", policy(from({ namespaceSelector: {} }))],
    ["admits our pods there", policy(from({ namespaceSelector: OURS, podSelector: GATEWAY }))],
    ["admits our address", policy(from({ ipBlock: { cidr: "10.1.0.0/24" } }))],
    ["names the port by number", policy({ ingress: [{ ports: [{ port: 8888 }] }] })],
    ["names the port by name", policy({ ingress: [{ ports: [{ port: "http" }] }] })],
    ["names a range of ports", policy({ ingress: [{ ports: [{ port: 8000, endPort: 9000 }] }] })],
    ["names TCP", policy({ ingress: [{ ports: [{ protocol: "TCP" }] }] })],
  ])("lets us in where the policy %s", (_what, one) => {
    expect(refusingPolicies([one], "in", CONNECTION)).toEqual([]);
  });

  it.each<[string, NetworkPolicy]>([
    ["has no rules", policy({})],
    ["has ingress in its types and no rules", policy({ policyTypes: ["Ingress", "Egress"] })],
    ["admits pods of its own namespace only", policy(from({ podSelector: {} }))],
    ["admits another namespace", policy(from({ namespaceSelector: { matchLabels: { team: "x" } } }))],
    [
      "admits other pods of ours",
      policy(from({ namespaceSelector: OURS, podSelector: { matchLabels: { a: "b" } } })),
    ],
    ["admits other addresses", policy(from({ ipBlock: { cidr: "10.2.0.0/16" } }))],
    ["leaves our address out", policy(from({ ipBlock: { cidr: "10.0.0.0/8", except: ["10.1.0.7/32"] } }))],
    ["names a block that is none", policy(from({ ipBlock: { cidr: "10.1.0.7/99" } }))],
    ["names another port", policy({ ingress: [{ ports: [{ port: 80 }] }] })],
    ["names another port's name", policy({ ingress: [{ ports: [{ port: "metrics" }] }] })],
    ["names another protocol", policy({ ingress: [{ ports: [{ protocol: "UDP", port: 8888 }] }] })],
    [
      "selects the pod by an expression",
      policy({ podSelector: { matchExpressions: [{ key: "box", operator: "Exists" }] } }),
    ],
  ])("names the policy where it %s", (_what, one) => {
    expect(refusingPolicies([one], "in", CONNECTION)).toEqual(["p"]);
  });

  it("lets us in where one of several policies does", () => {
    expect(refusingPolicies([policy({}), policy({ ingress: [{}] })], "in", CONNECTION)).toEqual([]);
  });
});

describe("refusingPolicies out of a pod", () => {
  const out = (spec: object): NetworkPolicy => policy(spec, "sandgate-system");

  it.each<[string, NetworkPolicy, string[]]>([
    ["a policy without egress lets it out", out({}), []],
    ["types without rules keep it in", out({ policyTypes: ["Egress"] }), ["p"]],
    ["rules without types count", out({ egress: [] }), ["p"]],
    [
      "the sandbox's namespace is named",
      out({
        egress: [
          { to: [{ namespaceSelector: { matchLabels: { "kubernetes.io/metadata.name": "agents" } } }] },
        ],
      }),
      [],
    ],
    ["only DNS is named", out({ egress: [{ ports: [{ protocol: "UDP", port: 53 }] }] }), ["p"]],
  ])("%s", (_what, one, names) => {
    expect(refusingPolicies([one], "out", CONNECTION)).toEqual(names);
  });
});
