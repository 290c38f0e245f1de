import protobuf from "./protobuf-bodies.json" with { type: "json" };
import { type Row, asJson, asMerge, asProtobuf } from "./request-row.ts";
import type { Body } from "./wire-client.ts";
import { CLAIMS, CORE, EXTENSIONS, LEASES, OBJECTS, POLICIES, SANDBOXES, objectOf } from "./wire-objects.ts";

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
