/** Facts for unit tests: a cluster on which all is well, and what a test changes of it. */
import type { Pod, Sandbox, Stored } from "@sandgate/contract";
import { SANDBOXES } from "@sandgate/kube";
import type { Facts, GatewayPodFact, GatewaySettings, SandboxFact } from "./facts.ts";
import { joinSandboxes } from "./gather/join-sandboxes.ts";
import { seePod, seeSandbox } from "./gather/see-sandbox.ts";

export const SETTINGS: GatewaySettings = {
  userLabel: "user",
  userNamespaces: undefined,
  watchNamespace: undefined,
  sandboxPort: 8888,
};

export function factsWith(changed: Partial<Facts> = {}): Facts {
  return {
    server: "https://cluster.example",
    settings: SETTINGS,
    embedded: false,
    obstacle: null,
    kubernetesVersion: "v1.36.3",
    sandboxVersions: ["v1beta1", "v1alpha1"],
    extensionVersions: ["v1beta1", "v1alpha1"],
    clockAheadMs: 0,
    rights: [],
    sandboxes: [fakeSandbox()],
    services: [],
    policies: null,
    namespaces: null,
    runtimeClasses: null,
    nodes: null,
    gatewayPods: [],
    gatewayServices: [],
    dnsEndpoints: 2,
    elsewhere: { claims: [], namespaces: [] },
    unread: [],
    ...changed,
  };
}

export interface FakeSandbox {
  namespace?: string;
  name?: string;
  labels?: Record<string, string>;
  /** Members of the Sandbox's spec beside the pod template. */
  spec?: object;
  /** Members of the pod's spec, and of the template's. */
  podSpec?: object;
  /** Status and reason of the Ready condition, and its message; null: no status at all. */
  ready?: readonly [status: "True" | "False", reason: string, message?: string] | null;
  /** Members of the pod's status; null: no pod. */
  podStatus?: object | null;
  /** Seconds. */
  age?: number;
}

export const NOW_MS = Date.UTC(2026, 0, 1, 12);

/** One that is ready, for alice, unless told otherwise. */
export function fakeSandbox(told: FakeSandbox = {}): SandboxFact {
  const [fact] = fakeSandboxes([told]);
  if (fact === undefined) throw new Error("one sandbox makes one fact");
  return fact;
}

/** Several, as the gateway sees them beside each other. */
export function fakeSandboxes(
  told: readonly FakeSandbox[],
  settings: GatewaySettings = SETTINGS,
): SandboxFact[] {
  const pods = told.flatMap((one, index) => (one.podStatus === null ? [] : [podOf(one, index)]));
  return joinSandboxes(
    told.map((one, index) => seeSandbox(sandboxOf(one, index))),
    pods.flatMap((pod) => seePod(pod) ?? []),
    { settings, resource: SANDBOXES, nowMs: NOW_MS },
  );
}

export function fakeGatewayPod(changed: Partial<GatewayPodFact> = {}): GatewayPodFact {
  return {
    namespace: "sandgate-system",
    name: "gateway-1",
    app: "sandgate-gateway",
    labels: { "app.kubernetes.io/name": "sandgate-gateway" },
    ips: ["10.0.0.1"],
    serviceAccount: "sandgate-gateway",
    ready: true,
    why: "phase Running",
    ...changed,
  };
}

function templateOf({ podSpec }: FakeSandbox): Pod["spec"] {
  return {
    containers: [{ name: "box", image: "example.com/box:1", ports: [{ containerPort: 8888 }] }],
    ...podSpec,
  };
}

function sandboxOf(told: FakeSandbox, index: number): Stored<Sandbox> {
  const ready = told.ready === undefined ? (["True", "DependenciesReady"] as const) : told.ready;
  const [status, reason, message = ""] = ready ?? [];
  return {
    metadata: {
      namespace: told.namespace ?? "default",
      name: told.name ?? "box",
      uid: `sandbox-${index}`,
      resourceVersion: "1",
      labels: told.labels ?? { user: "alice" },
      // Whoever comes later is younger.
      creationTimestamp: new Date(NOW_MS - (told.age ?? 3600) * 1000 + index).toISOString(),
    },
    spec: { podTemplate: { spec: templateOf(told) }, ...told.spec },
    ...(status === undefined || reason === undefined
      ? {}
      : { status: { conditions: [{ type: "Ready", status, reason, message, lastTransitionTime: "" }] } }),
  };
}

function podOf(told: FakeSandbox, index: number): Stored<Pod> {
  const name = told.name ?? "box";
  const owner = { apiVersion: "agents.x-k8s.io/v1beta1", kind: "Sandbox", name, uid: `sandbox-${index}` };
  return {
    metadata: {
      namespace: told.namespace ?? "default",
      name,
      uid: `pod-${index}`,
      resourceVersion: "1",
      labels: { box: name },
      ownerReferences: [{ ...owner, controller: true }],
    },
    spec: templateOf(told),
    status: {
      phase: "Running",
      podIPs: [{ ip: "10.0.0.9" }],
      conditions: [{ type: "Ready", status: "True" }],
      ...told.podStatus,
    },
  };
}
