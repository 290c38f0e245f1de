import protobuf from "./protobuf-bodies.json" with { type: "json" };
import type { Accept, Body } from "./wire-client.ts";

export interface Row {
  method: string;
  /** NAME stands for an object made for the row. */
  path: string;
  query?: string;
  accept: Accept;
  /** @param live - The object that NAME stands for, as it is stored. */
  body?: (name: string, live: Record<string, unknown>) => Body;
  /** Kind of the objects that NAME stands for; made before the request unless `absent`. */
  object?: keyof typeof OBJECTS;
  absent?: true;
  status: number;
  /** `kind` of the answer. */
  kind: string;
}

export const CORE = "/api/v1/namespaces/wire";
export const AGENTS = "/apis/agents.x-k8s.io/v1beta1";
export const EXTENSIONS = "/apis/extensions.agents.x-k8s.io/v1beta1";
const LEASES = "/apis/coordination.k8s.io/v1/namespaces/wire/leases";
const POLICIES = "/apis/networking.k8s.io/v1/namespaces/wire/networkpolicies";
export const SANDBOXES = `${AGENTS}/namespaces/wire/sandboxes`;
const CLAIMS = `${EXTENSIONS}/namespaces/wire/sandboxclaims`;

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

const asJson = (content: unknown) => (): Body => ({ type: "JSON", content });
export const asMerge = (content: unknown) => (): Body => ({ type: "merge-patch", content });
const asProtobuf = (name: keyof typeof protobuf) => (): Body => ({
  type: "PB",
  content: Buffer.from(protobuf[name], "base64"),
});

/** The recorded Lease with the name and version of one that is there, as a leader sends it to stay so. */
function renewedLease(name: string, live: Record<string, unknown>): Body {
  const recorded = Buffer.from(protobuf.lease, "base64");
  const { resourceVersion } = live["metadata"] as { resourceVersion: string };
  // The magic number and the type, then in field 2 the Lease, in whose field 1 the metadata is.
  const [headLength, leaseLength] = [4 + 2 + 31, 75];
  const lease = recorded.subarray(headLength + 2, headLength + 2 + leaseLength);
  const spec = lease.subarray(2 + (lease[1] ?? 0));
  const metadata = Buffer.concat([field(1, Buffer.from(name)), field(6, Buffer.from(resourceVersion))]);
  const renewed = field(2, Buffer.concat([field(1, metadata), spec]));
  return { type: "PB", content: Buffer.concat([recorded.subarray(0, headLength), renewed]) };
}

/** A member of a protobuf message that is shorter than 128 bytes. */
function field(number: number, content: Buffer): Buffer {
  return Buffer.concat([Buffer.from([number * 8 + 2, content.length]), content]);
}

/** Requests of the agent-sandbox controller v0.5.6; its watches are in the test. */
export const CONTROLLER: Row[] = [
  {
    method: "DELETE",
    path: `${CORE}/pods/NAME`,
    accept: "PB, */*",
    body: asProtobuf("deleteOptions"),
    object: "pod",
    status: 200,
    kind: "Pod",
  },
  { method: "GET", path: "/api", accept: "discovery", status: 200, kind: "APIGroupDiscoveryList" },
  { method: "GET", path: "/apis", accept: "discovery", status: 200, kind: "APIGroupDiscoveryList" },
  {
    method: "GET",
    path: `${LEASES}/NAME`,
    query: "timeout=5s",
    accept: "PB,JSON",
    object: "lease",
    absent: true,
    status: 404,
    kind: "Status",
  },
  {
    method: "PATCH",
    path: `${CORE}/pods/NAME`,
    accept: "PB, */*",
    body: asMerge({ metadata: { labels: { a: "b" } } }),
    object: "pod",
    status: 200,
    kind: "Pod",
  },
  {
    method: "PATCH",
    path: `${SANDBOXES}/NAME`,
    accept: "JSON, */*",
    body: asMerge({ metadata: { annotations: { a: "b" } } }),
    object: "sandbox",
    status: 200,
    kind: "Sandbox",
  },
  {
    method: "PATCH",
    path: `${SANDBOXES}/NAME/status`,
    accept: "JSON, */*",
    body: asMerge({
      status: {
        conditions: [
          {
            type: "Ready",
            status: "True",
            reason: "r",
            message: "",
            lastTransitionTime: "2026-01-02T03:04:05Z",
          },
        ],
      },
    }),
    object: "sandbox",
    status: 200,
    kind: "Sandbox",
  },
  {
    method: "PATCH",
    path: `${CLAIMS}/NAME`,
    accept: "JSON, */*",
    body: asMerge({ metadata: { finalizers: [] } }),
    object: "claim",
    status: 200,
    kind: "SandboxClaim",
  },
  {
    method: "PATCH",
    path: `${CLAIMS}/NAME/status`,
    accept: "JSON, */*",
    body: asMerge({ status: { sandbox: { name: "s" } } }),
    object: "claim",
    status: 200,
    kind: "SandboxClaim",
  },
  {
    method: "PATCH",
    path: `${CLAIMS}/NAME/status`,
    accept: "JSON, */*",
    body: asMerge({ metadata: { resourceVersion: "1" }, status: {} }),
    object: "claim",
    status: 409,
    kind: "Status",
  },
  {
    method: "PATCH",
    path: `${EXTENSIONS}/namespaces/wire/sandboxtemplates/NAME`,
    accept: "JSON, */*",
    body: asMerge({ metadata: { labels: { a: "b" } } }),
    object: "template",
    status: 200,
    kind: "SandboxTemplate",
  },
  {
    method: "PATCH",
    path: `${EXTENSIONS}/namespaces/wire/sandboxwarmpools/NAME/status`,
    accept: "JSON, */*",
    body: asMerge({ status: { replicas: 1, readyReplicas: 0 } }),
    object: "warmPool",
    status: 200,
    kind: "SandboxWarmPool",
  },
  {
    method: "POST",
    path: `${CORE}/events`,
    accept: "JSON, */*",
    body: asJson({
      apiVersion: "v1",
      kind: "Event",
      metadata: { generateName: "event-" },
      involvedObject: { kind: "Sandbox", name: "s", namespace: "wire" },
      reason: "Created",
      message: "made a pod",
      type: "Normal",
      source: { component: "agent-sandbox" },
      firstTimestamp: "2026-01-02T03:04:05Z",
      lastTimestamp: "2026-01-02T03:04:05Z",
      count: 1,
    }),
    status: 201,
    kind: "Event",
  },
  {
    method: "POST",
    path: `${CORE}/pods`,
    query: "fieldManager=agent-sandbox",
    accept: "PB, */*",
    body: asProtobuf("pod"),
    status: 201,
    kind: "Pod",
  },
  {
    method: "POST",
    path: "/api/v1/namespaces/gone/pods",
    query: "fieldManager=agent-sandbox",
    accept: "PB, */*",
    body: asProtobuf("pod"),
    status: 404,
    kind: "Status",
  },
  {
    method: "POST",
    path: `${CORE}/services`,
    query: "fieldManager=agent-sandbox",
    accept: "PB, */*",
    body: asProtobuf("service"),
    status: 201,
    kind: "Service",
  },
  {
    method: "POST",
    path: SANDBOXES,
    accept: "JSON, */*",
    body: (name) => ({ type: "JSON", content: objectOf("sandbox", name) }),
    status: 201,
    kind: "Sandbox",
  },
  {
    method: "POST",
    path: LEASES,
    query: "timeout=5s",
    accept: "PB,JSON",
    body: asProtobuf("lease"),
    status: 201,
    kind: "Lease",
  },
  {
    method: "POST",
    path: OBJECTS.event.path,
    accept: "PB,JSON",
    body: asProtobuf("event"),
    status: 201,
    kind: "Event",
  },
  {
    method: "POST",
    path: POLICIES,
    accept: "PB, */*",
    body: asProtobuf("networkPolicy"),
    status: 201,
    kind: "NetworkPolicy",
  },
  {
    method: "POST",
    path: POLICIES,
    accept: "PB, */*",
    body: asProtobuf("networkPolicy"),
    status: 409,
    kind: "Status",
  },
  {
    method: "PUT",
    path: `${LEASES}/NAME`,
    query: "timeout=5s",
    accept: "PB,JSON",
    body: renewedLease,
    object: "lease",
    status: 200,
    kind: "Lease",
  },
  {
    method: "PUT",
    path: `${CLAIMS}/NAME`,
    accept: "JSON, */*",
    body: (_, live) => ({ type: "JSON", content: { ...live, spec: { warmPoolRef: { name: "other" } } } }),
    object: "claim",
    status: 200,
    kind: "SandboxClaim",
  },
];

/** Requests of kubectl 1.32; its watches and streams are in the test. */
export const KUBECTL: Row[] = [
  {
    method: "DELETE",
    path: `${CORE}/configmaps/NAME`,
    accept: "JSON",
    body: asJson({ propagationPolicy: "Background" }),
    object: "configMap",
    status: 200,
    kind: "Status",
  },
  {
    method: "DELETE",
    path: `${CORE}/pods/NAME`,
    accept: "JSON",
    body: asJson({ gracePeriodSeconds: 0, propagationPolicy: "Background" }),
    object: "pod",
    status: 200,
    kind: "Pod",
  },
  {
    method: "DELETE",
    path: `${SANDBOXES}/NAME`,
    accept: "JSON",
    body: asJson({ propagationPolicy: "Background" }),
    object: "sandbox",
    status: 200,
    kind: "Status",
  },
  {
    method: "GET",
    path: "/api",
    query: "timeout=32s",
    accept: "discovery",
    status: 200,
    kind: "APIGroupDiscoveryList",
  },
  {
    method: "GET",
    path: "/apis",
    query: "timeout=32s",
    accept: "discovery",
    status: 200,
    kind: "APIGroupDiscoveryList",
  },
  {
    method: "GET",
    path: `${CORE}/configmaps/NAME`,
    accept: "JSON",
    object: "configMap",
    status: 200,
    kind: "ConfigMap",
  },
  {
    method: "GET",
    path: `${CORE}/configmaps/NAME`,
    accept: "JSON",
    object: "configMap",
    absent: true,
    status: 404,
    kind: "Status",
  },
  {
    method: "GET",
    path: `${CORE}/events`,
    query:
      "fieldSelector=involvedObject.name%3Dx%2CinvolvedObject.namespace%3Dwire%2CinvolvedObject.kind%3DPod&limit=500",
    accept: "PB,JSON",
    status: 200,
    kind: "EventList",
  },
  { method: "GET", path: `${CORE}/events`, query: "limit=500", accept: "table", status: 200, kind: "Table" },
  {
    method: "GET",
    path: `${CORE}/pods`,
    query: "fieldSelector=metadata.name%3Dx&limit=500&resourceVersion=0",
    accept: "JSON",
    status: 200,
    kind: "PodList",
  },
  { method: "GET", path: `${CORE}/pods/NAME`, accept: "JSON", object: "pod", status: 200, kind: "Pod" },
  { method: "GET", path: `${CORE}/pods/NAME`, accept: "JSON, */*", object: "pod", status: 200, kind: "Pod" },
  { method: "GET", path: `${CORE}/pods/NAME`, accept: "PB,JSON", object: "pod", status: 200, kind: "Pod" },
  { method: "GET", path: "/api/v1/pods", query: "limit=500", accept: "table", status: 200, kind: "Table" },
  { method: "GET", path: AGENTS, accept: "JSON, */*", status: 200, kind: "APIResourceList" },
  {
    method: "GET",
    path: SANDBOXES,
    query: "fieldSelector=metadata.name%3Dx&limit=500&resourceVersion=0",
    accept: "JSON",
    status: 200,
    kind: "SandboxList",
  },
  { method: "GET", path: SANDBOXES, query: "limit=500", accept: "table", status: 200, kind: "Table" },
  {
    method: "GET",
    path: `${SANDBOXES}/NAME`,
    accept: "JSON",
    object: "sandbox",
    status: 200,
    kind: "Sandbox",
  },
  {
    method: "GET",
    path: `${SANDBOXES}/NAME`,
    accept: "JSON",
    object: "sandbox",
    absent: true,
    status: 404,
    kind: "Status",
  },
  {
    method: "PATCH",
    path: `${SANDBOXES}/NAME`,
    query: "dryRun=All&fieldManager=kubectl-client-side-apply",
    accept: "JSON",
    body: asMerge({ spec: { operatingMode: "Suspended" } }),
    object: "sandbox",
    status: 200,
    kind: "Sandbox",
  },
  {
    method: "PATCH",
    path: `${SANDBOXES}/NAME`,
    query: "fieldManager=kubectl-label",
    accept: "JSON",
    body: asMerge({ metadata: { labels: { a: "b" } } }),
    object: "sandbox",
    status: 200,
    kind: "Sandbox",
  },
  {
    method: "PATCH",
    path: `${SANDBOXES}/NAME`,
    query: "fieldManager=kubectl&fieldValidation=Strict",
    accept: "JSON",
    body: (name) => ({ type: "apply-patch+yaml", content: objectOf("sandbox", name) }),
    object: "sandbox",
    absent: true,
    status: 201,
    kind: "Sandbox",
  },
  {
    method: "PATCH",
    path: `${SANDBOXES}/NAME`,
    query: "fieldManager=kubectl-patch&fieldValidation=Strict",
    accept: "JSON",
    body: () => ({
      type: "json-patch",
      content: [{ op: "add", path: "/metadata/labels", value: { a: "b" } }],
    }),
    object: "sandbox",
    status: 200,
    kind: "Sandbox",
  },
  {
    method: "PATCH",
    path: `${SANDBOXES}/NAME`,
    query: "fieldManager=kubectl-edit&fieldValidation=Strict",
    accept: "JSON",
    body: asMerge({ metadata: { labels: { a: null } } }),
    object: "sandbox",
    status: 200,
    kind: "Sandbox",
  },
  {
    method: "PATCH",
    path: `${SANDBOXES}/NAME`,
    query: "fieldManager=kubectl&fieldValidation=Strict&force=true",
    accept: "JSON",
    body: (name) => ({
      type: "apply-patch+yaml",
      content: objectOf("sandbox", name, {
        spec: { podTemplate: { spec: { containers: [{ name: "main", image: "example.test/image:2" }] } } },
      }),
    }),
    object: "sandbox",
    status: 200,
    kind: "Sandbox",
  },
  {
    method: "PATCH",
    path: `${SANDBOXES}/NAME/scale`,
    accept: "JSON, */*",
    body: asMerge({ spec: { replicas: 0 } }),
    object: "sandbox",
    status: 404,
    kind: "Status",
  },
  {
    method: "POST",
    path: `${CORE}/configmaps`,
    query: "dryRun=All&fieldManager=kubectl-create&fieldValidation=Strict",
    accept: "PB,JSON",
    body: asProtobuf("configMap"),
    status: 201,
    kind: "ConfigMap",
  },
  {
    method: "POST",
    path: `${CORE}/configmaps`,
    query: "fieldManager=kubectl-create&fieldValidation=Strict",
    accept: "PB,JSON",
    body: asProtobuf("configMap"),
    status: 201,
    kind: "ConfigMap",
  },
  {
    method: "POST",
    path: `${CORE}/pods`,
    query: "fieldManager=kubectl-run",
    accept: "JSON, */*",
    body: (name) => ({ type: "JSON", content: objectOf("pod", name) }),
    status: 201,
    kind: "Pod",
  },
  {
    method: "POST",
    path: `${CORE}/serviceaccounts/default/token`,
    accept: "PB,JSON",
    body: asProtobuf("tokenRequest"),
    status: 201,
    kind: "TokenRequest",
  },
  {
    method: "POST",
    path: SANDBOXES,
    query: "dryRun=All&fieldManager=kubectl-client-side-apply",
    accept: "JSON",
    body: (name) => ({ type: "JSON", content: objectOf("sandbox", name) }),
    status: 201,
    kind: "Sandbox",
  },
  {
    method: "POST",
    path: SANDBOXES,
    query: "fieldManager=kubectl-create&fieldValidation=Strict",
    accept: "JSON",
    body: (name) => ({ type: "JSON", content: objectOf("sandbox", name) }),
    status: 201,
    kind: "Sandbox",
  },
  // Deployments are not served: docs/reference/api-server.md.
  {
    method: "POST",
    path: "/apis/apps/v1/namespaces/wire/deployments",
    query: "dryRun=All&fieldManager=kubectl-create&fieldValidation=Strict",
    accept: "PB,JSON",
    body: asProtobuf("deployment"),
    status: 404,
    kind: "Status",
  },
  {
    method: "POST",
    path: "/apis/authorization.k8s.io/v1/selfsubjectaccessreviews",
    accept: "PB,JSON",
    body: asProtobuf("selfSubjectAccessReview"),
    status: 201,
    kind: "SelfSubjectAccessReview",
  },
  {
    method: "POST",
    path: "/apis/authorization.k8s.io/v1/selfsubjectrulesreviews",
    accept: "PB,JSON",
    body: asProtobuf("selfSubjectRulesReview"),
    status: 201,
    kind: "SelfSubjectRulesReview",
  },
  {
    method: "PUT",
    path: `${SANDBOXES}/NAME`,
    query: "fieldManager=kubectl-replace&fieldValidation=Strict",
    accept: "JSON",
    body: (name) => ({ type: "JSON", content: objectOf("sandbox", name) }),
    object: "sandbox",
    absent: true,
    status: 404,
    kind: "Status",
  },
  {
    method: "PUT",
    path: `${SANDBOXES}/NAME`,
    query: "fieldManager=kubectl-replace&fieldValidation=Strict",
    accept: "JSON",
    body: (_, live) => ({ type: "JSON", content: live }),
    object: "sandbox",
    status: 200,
    kind: "Sandbox",
  },
];
