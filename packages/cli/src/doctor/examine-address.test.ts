import { describe, expect, it } from "vitest";
import { parseAskedAddress } from "./asked-address.ts";
import { examineAddress, targetOf } from "./examine-address.ts";
import { factsWith, fakeGatewayPod, fakeSandbox, fakeSandboxes, SETTINGS } from "./fake-facts.ts";
import type { Facts } from "./facts.ts";

const claim = (sandbox: string | null): Partial<Facts> => ({
  sandboxes: [],
  elsewhere: { claims: [{ namespace: "default", name: "box", sandbox, why: "waits" }], namespaces: [] },
});
const PORTS = {
  podSpec: { containers: [{ name: "b", ports: [{ containerPort: 1 }, { containerPort: 2 }] }] },
};
const MISSING_RIGHT: Facts["rights"] = [
  {
    who: "you",
    account: null,
    rights: [{ group: "", resource: "pods", verb: "watch", namespace: null, allowed: false }],
  },
];
const UNREAD: Facts["unread"] = [{ what: "services", verb: "list", code: 403, why: "no" }];
const UNREADY = fakeGatewayPod({ ready: false });

describe("examineAddress", () => {
  it.each<[string, string, Partial<Facts>, string | null]>([
    ["that is well", "alice/box", {}, null],
    ["with a port", "alice/box:9", {}, null],
    [
      "on a server that does not answer",
      "alice/box",
      { obstacle: { kind: "unreachable", message: "" } },
      "CLUSTER_UNREACHABLE",
    ],
    ["without agent-sandbox", "alice/box", { sandboxVersions: [] }, "CRDS_MISSING"],
    ["on an old release", "alice/box", { sandboxVersions: ["v1alpha1"] }, null],
    ["where sandboxes may not be read", "alice/box", { sandboxes: null, unread: UNREAD }, "UNREADABLE"],
    ["that nobody has", "alice/other", {}, "SANDBOX_NOT_FOUND"],
    ["of another user", "bob/box", {}, "OTHER_USER"],
    ["of the user default without a label", "box", { sandboxes: [fakeSandbox({ labels: {} })] }, null],
    [
      "of a warm pool's member",
      "box",
      { sandboxes: [fakeSandbox({ labels: { "agents.x-k8s.io/warm-pool-sandbox": "p" } })] },
      "POOL_MEMBER",
    ],
    ["of a claim with a sandbox", "alice/box", claim("pool-x"), "CLAIM_NAMED"],
    ["of a claim without one", "alice/box", claim(null), "CLAIM_NOT_READY"],
    [
      "in a namespace that is not watched",
      "alice/box",
      { sandboxes: [], elsewhere: { claims: [], namespaces: ["x"] } },
      "OUTSIDE_WATCHED_NAMESPACE",
    ],
    [
      "that two claim",
      "alice/box",
      { sandboxes: fakeSandboxes([{}, { namespace: "other" }]) },
      "ADDRESS_CONFLICT",
    ],
    [
      "that its namespace may not claim",
      "alice/box",
      { sandboxes: fakeSandboxes([{}], { ...SETTINGS, userNamespaces: "x" }) },
      "NAMESPACE_MAY_NOT_CLAIM",
    ],
    [
      "of a suspended sandbox",
      "alice/box",
      { sandboxes: [fakeSandbox({ spec: { operatingMode: "Suspended" }, podStatus: null })] },
      "SANDBOX_SUSPENDED",
    ],
    ["of several ports", "alice/box", { sandboxes: [fakeSandbox(PORTS)] }, "PORT_AMBIGUOUS"],
    ["of several ports, with one", "alice/box:2", { sandboxes: [fakeSandbox(PORTS)] }, null],
    ["with a right missing", "alice/box", { rights: MISSING_RIGHT }, "RIGHT_MISSING"],
    ["with a gateway that is not ready", "alice/box", { gatewayPods: [UNREADY] }, "GATEWAY_NOT_READY"],
    ["with one of two gateways ready", "alice/box", { gatewayPods: [UNREADY, fakeGatewayPod()] }, null],
    [
      "behind a pending balancer",
      "alice/box",
      { gatewayPods: [fakeGatewayPod()], gatewayServices: [{ namespace: "s", name: "g", pending: true }] },
      "LOAD_BALANCER_PENDING",
    ],
    ["beside what could not be read", "alice/box", { unread: UNREAD }, "UNREADABLE"],
  ])("of an address %s", (_what, address, changed, id) => {
    const finding = examineAddress(factsWith(changed), parseAskedAddress(address));
    expect(finding?.id ?? null).toBe(id);
    expect(finding?.command ?? "").not.toMatch(/<\w+>/);
  });
});

describe("targetOf", () => {
  it.each([
    ["alice/box", 8888],
    ["alice/box:9", 9],
    ["bob/box", undefined],
  ])("of %s is the port %s", (address, port) => {
    expect(targetOf(factsWith(), parseAskedAddress(address))?.port).toBe(port);
  });
});
