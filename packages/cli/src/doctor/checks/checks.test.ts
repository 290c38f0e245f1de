import { describe, expect, it } from "vitest";
import { examine } from "../examine.ts";
import { factsWith, fakeGatewayPod, fakeSandbox, fakeSandboxes, SETTINGS } from "../fake-facts.ts";
import type { Facts, Rights } from "../facts.ts";

const rights = (account: Rights["account"], namespace: string | null, ...verbs: string[]): Rights => ({
  who: account === null ? "you" : `${account.namespace}/${account.name}`,
  account,
  rights: ["list", "watch"].map((verb) => ({
    group: "agents.x-k8s.io",
    resource: "sandboxes",
    verb,
    namespace,
    allowed: !verbs.includes(verb),
  })),
});
const closed = (namespace: string, ...policyTypes: string[]): Facts["policies"] => [
  {
    metadata: { namespace, name: "closed", uid: "p", resourceVersion: "1" },
    spec: { podSelector: {}, policyTypes },
  },
];
const CLUSTER = {
  gatewayPods: [fakeGatewayPod()],
  namespaces: new Map([
    ["default", { "kubernetes.io/metadata.name": "default" }],
    ["sandgate-system", { "kubernetes.io/metadata.name": "sandgate-system" }],
  ]),
};
const SUSPENDED = { name: "off", spec: { operatingMode: "Suspended" }, podStatus: null };
const CLASSY = { podSpec: { runtimeClassName: "gvisor" } };
const PENDING = {
  ready: ["False", "DependenciesNotReady"],
  podStatus: { phase: "Pending", conditions: [] },
} as const;

describe("examine", () => {
  it.each<[string, Partial<Facts>, string[]]>([
    ["a cluster on which all is well", {}, []],
    [
      "a server that does not answer",
      { obstacle: { kind: "unreachable", message: "x" } },
      ["CLUSTER_UNREACHABLE"],
    ],
    ["wrong credentials", { obstacle: { kind: "unauthenticated", message: "x" } }, ["CREDENTIALS_REFUSED"]],
    ["no agent-sandbox", { sandboxVersions: [], sandboxes: [] }, ["CRDS_MISSING"]],
    ["discovery that is forbidden", { sandboxVersions: null }, []],
    ["no extensions", { extensionVersions: [] }, ["EXTENSIONS_MISSING"]],
    ["v1alpha1 alone", { sandboxVersions: ["v1alpha1"], extensionVersions: ["v1alpha1"] }, []],
    ["a release of the future", { sandboxVersions: ["v2"], extensionVersions: ["v2"] }, ["RELEASE_UNKNOWN"]],
    ["old extensions", { extensionVersions: ["v1alpha1"] }, ["VERSIONS_DIFFER"]],
    ["a clock that is a second ahead", { clockAheadMs: 1_000 }, []],
    ["a clock that is behind", { clockAheadMs: -6_000 }, ["CLOCK_DIFFERS"]],
    ["an unknown clock and DNS by another name", { clockAheadMs: null, dnsEndpoints: null }, []],
    ["DNS without endpoints", { dnsEndpoints: 0 }, ["DNS_DOWN"]],
    ["every right", { rights: [rights(null, null)] }, []],
    ["a missing right", { rights: [rights(null, null, "watch")] }, ["RIGHT_MISSING"]],
    [
      "something that fails",
      { unread: [{ what: "nodes", verb: "list", code: 500, why: "etcdserver: timeout" }] },
      ["SERVER_FAILS"],
    ],
    [
      "sandboxes that cannot be converted",
      {
        sandboxes: null,
        unread: [{ what: "sandboxes", verb: "list", code: 500, why: "conversion webhook for x failed" }],
      },
      ["CONVERSION_FAILS"],
    ],
    [
      "something that may not be read",
      { unread: [{ what: "nodes", verb: "list", code: 403, why: "no" }] },
      ["UNREADABLE"],
    ],
    ["sandboxes that may not be read", { sandboxes: null }, []],
    ["no sandboxes", { sandboxes: [] }, ["NO_SANDBOXES"]],
    ["a suspended sandbox beside one that is ready", { sandboxes: fakeSandboxes([{}, SUSPENDED]) }, []],
    ["suspended sandboxes alone", { sandboxes: [fakeSandbox(SUSPENDED)] }, ["SANDBOX_SUSPENDED"]],
    [
      "a young sandbox beside one that is ready",
      { sandboxes: fakeSandboxes([{}, { ...PENDING, name: "new", age: 9 }]) },
      [],
    ],
    [
      "an older one that is not ready",
      { sandboxes: fakeSandboxes([{}, { ...PENDING, name: "new", age: 99 }]) },
      ["SANDBOX_STARTING"],
    ],
    [
      "a Service of a sandbox without ports",
      { services: [{ namespace: "default", name: "box", sandboxUid: "sandbox-0", ports: 0 }] },
      ["SERVICE_WITHOUT_PORTS"],
    ],
    [
      "a Service of a sandbox that declares no ports",
      {
        sandboxes: [fakeSandbox({ podSpec: { containers: [{ name: "box" }] } })],
        services: [{ namespace: "default", name: "box", sandboxUid: "sandbox-0", ports: 0 }],
      },
      ["SERVICE_PORTS_UNDECLARED"],
    ],
    [
      "a Service of a sandbox with ports",
      { services: [{ namespace: "default", name: "box", sandboxUid: "sandbox-0", ports: 1 }] },
      [],
    ],
    [
      "a Service of no sandbox that is known",
      { services: [{ namespace: "x", name: "y", sandboxUid: "gone", ports: 0 }] },
      [],
    ],
    [
      "a pending balancer",
      { gatewayServices: [{ namespace: "s", name: "g", pending: true }] },
      ["LOAD_BALANCER_PENDING"],
    ],
    [
      "a gateway that is not ready",
      { gatewayPods: [fakeGatewayPod({ ready: false })] },
      ["GATEWAY_NOT_READY"],
    ],
    ["no label user", { sandboxes: [fakeSandbox({ labels: {} })] }, ["USER_LABEL_MISSING"]],
    ["an empty label user", { sandboxes: [fakeSandbox({ labels: { user: "" } })] }, ["USER_LABEL_MISSING"]],
    [
      "a warm pool's member",
      { sandboxes: fakeSandboxes([{}, { name: "m", labels: { "agents.x-k8s.io/warm-pool-sandbox": "p" } }]) },
      [],
    ],
    ["one address for two", { sandboxes: fakeSandboxes([{}, { namespace: "other" }]) }, ["ADDRESS_CONFLICT"]],
    [
      "one name for two users",
      { sandboxes: fakeSandboxes([{}, { namespace: "other", labels: { user: "bob" } }]) },
      [],
    ],
    [
      "a namespace of nobody's",
      { sandboxes: fakeSandboxes([{}], { ...SETTINGS, userNamespaces: "agents-{user}" }) },
      ["NAMESPACE_MAY_NOT_CLAIM"],
    ],
    [
      "a RuntimeClass that is none",
      { sandboxes: [fakeSandbox({ ...CLASSY, ...PENDING })], runtimeClasses: [], nodes: [] },
      ["RUNTIME_CLASS_MISSING"],
    ],
    [
      "a RuntimeClass that no node has",
      {
        sandboxes: [fakeSandbox({ ...CLASSY, ...PENDING })],
        runtimeClasses: [{ name: "gvisor", nodeSelector: { runtime: "gvisor" } }],
        nodes: [
          { name: "plain", labels: {}, schedulable: true },
          { name: "cordoned", labels: { runtime: "gvisor" }, schedulable: false },
        ],
      },
      ["RUNTIME_CLASS_WITHOUT_NODE"],
    ],
    [
      "a RuntimeClass that a node has",
      {
        sandboxes: [fakeSandbox(CLASSY)],
        runtimeClasses: [{ name: "gvisor", nodeSelector: { runtime: "gvisor" } }],
        nodes: [{ name: "n", labels: { runtime: "gvisor" }, schedulable: true }],
      },
      [],
    ],
    [
      "a RuntimeClass for all nodes",
      { sandboxes: [fakeSandbox(CLASSY)], runtimeClasses: [{ name: "gvisor", nodeSelector: {} }], nodes: [] },
      [],
    ],
    ["RuntimeClasses that may not be read", { sandboxes: [fakeSandbox(CLASSY)] }, []],
    [
      "nodes that may not be read",
      { sandboxes: [fakeSandbox(CLASSY)], runtimeClasses: [{ name: "gvisor", nodeSelector: { a: "b" } }] },
      [],
    ],
    [
      "a policy that closes sandboxes",
      { ...CLUSTER, policies: closed("default", "Ingress") },
      ["NETWORK_POLICY_REFUSES"],
    ],
    [
      "a policy that closes the gateway",
      { ...CLUSTER, policies: closed("sandgate-system", "Egress") },
      ["GATEWAY_EGRESS_REFUSED"],
    ],
    [
      "a policy against the gateway's callers",
      { ...CLUSTER, policies: closed("sandgate-system", "Ingress") },
      [],
    ],
    [
      "a policy where the gateway is outside",
      { ...CLUSTER, gatewayPods: [], policies: closed("default", "Ingress") },
      [],
    ],
    [
      "a policy for a sandbox without a pod",
      { ...CLUSTER, sandboxes: fakeSandboxes([SUSPENDED]), policies: closed("default", "Ingress") },
      ["SANDBOX_SUSPENDED"],
    ],
  ])("of %s", (_what, changed, ids) => {
    const findings = examine(factsWith(changed));
    expect(findings.map(({ id }) => id)).toEqual(ids);
    for (const { command } of findings) expect(command).not.toMatch(/<\w+>/);
  });

  it("gives missing rights in all namespaces, or in the one that is watched", () => {
    const account = { namespace: "sandgate-system", name: "gateway" };
    const commands = [null, "agents"].map(
      (namespace) =>
        examine(factsWith({ rights: [rights(account, namespace, "list", "watch")] }))[0]?.command,
    );
    expect(commands).toEqual([
      "kubectl create clusterrole sandgate-system-gateway-list-watch-sandboxes-agents-x-k8s-io --verb=list,watch --resource=sandboxes.agents.x-k8s.io && kubectl create clusterrolebinding sandgate-system-gateway-list-watch-sandboxes-agents-x-k8s-io --clusterrole=sandgate-system-gateway-list-watch-sandboxes-agents-x-k8s-io --serviceaccount=sandgate-system:gateway",
      "kubectl -n agents create role sandgate-system-gateway-list-watch-sandboxes-agents-x-k8s-io --verb=list,watch --resource=sandboxes.agents.x-k8s.io && kubectl -n agents create rolebinding sandgate-system-gateway-list-watch-sandboxes-agents-x-k8s-io --role=sandgate-system-gateway-list-watch-sandboxes-agents-x-k8s-io --serviceaccount=sandgate-system:gateway",
    ]);
  });
});
