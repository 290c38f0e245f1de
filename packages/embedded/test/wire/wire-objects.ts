export const CORE = "/api/v1/namespaces/wire";
export const AGENTS = "/apis/agents.x-k8s.io/v1beta1";
export const EXTENSIONS = "/apis/extensions.agents.x-k8s.io/v1beta1";
export const LEASES = "/apis/coordination.k8s.io/v1/namespaces/wire/leases";
export const POLICIES = "/apis/networking.k8s.io/v1/namespaces/wire/networkpolicies";
export const SANDBOXES = `${AGENTS}/namespaces/wire/sandboxes`;
export const CLAIMS = `${EXTENSIONS}/namespaces/wire/sandboxclaims`;

export const POD_SPEC = { containers: [{ name: "main", image: "example.test/image:1" }] };

/** Collection and content of an object of each kind. */
export const OBJECTS = {
  pod: { path: `${CORE}/pods`, apiVersion: "v1", kind: "Pod", content: { spec: POD_SPEC } },
  configMap: {
    path: `${CORE}/configmaps`,
    apiVersion: "v1",
    kind: "ConfigMap",
    content: { data: { a: "1" } },
  },
  service: {
    path: `${CORE}/services`,
    apiVersion: "v1",
    kind: "Service",
    content: { spec: { clusterIP: "None" } },
  },
  lease: { path: LEASES, apiVersion: "coordination.k8s.io/v1", kind: "Lease", content: { spec: {} } },
  networkPolicy: {
    path: POLICIES,
    apiVersion: "networking.k8s.io/v1",
    kind: "NetworkPolicy",
    content: { spec: { podSelector: {} } },
  },
  event: {
    path: `/apis/events.k8s.io/v1/namespaces/wire/events`,
    apiVersion: "events.k8s.io/v1",
    kind: "Event",
    content: {},
  },
  coreEvent: { path: `${CORE}/events`, apiVersion: "v1", kind: "Event", content: {} },
  sandbox: {
    path: SANDBOXES,
    apiVersion: "agents.x-k8s.io/v1beta1",
    kind: "Sandbox",
    content: { spec: { podTemplate: { spec: POD_SPEC } } },
  },
  claim: {
    path: CLAIMS,
    apiVersion: "extensions.agents.x-k8s.io/v1beta1",
    kind: "SandboxClaim",
    content: { spec: { warmPoolRef: { name: "pool" } } },
  },
  template: {
    path: `${EXTENSIONS}/namespaces/wire/sandboxtemplates`,
    apiVersion: "extensions.agents.x-k8s.io/v1beta1",
    kind: "SandboxTemplate",
    content: { spec: { podTemplate: { spec: POD_SPEC } } },
  },
  warmPool: {
    path: `${EXTENSIONS}/namespaces/wire/sandboxwarmpools`,
    apiVersion: "extensions.agents.x-k8s.io/v1beta1",
    kind: "SandboxWarmPool",
    content: { spec: { replicas: 1, sandboxTemplateRef: { name: "template" } } },
  },
} as const;

/** An object of a kind, as a client makes it. */
export function objectOf(
  kind: keyof typeof OBJECTS,
  name: string,
  more: object = {},
): Record<string, unknown> {
  const { apiVersion, kind: word, content } = OBJECTS[kind];
  return { apiVersion, kind: word, metadata: { name, namespace: "wire" }, ...content, ...more };
}
