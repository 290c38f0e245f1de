import type { KubeObject, Namespace, Secret, Service } from "@sandgate/contract";
import { describe, expect, test } from "vitest";
import { createBuiltInDefinitions } from "../built-in.ts";

type Body = Record<string, unknown>;

const definitions = createBuiltInDefinitions({
  serviceAddresses: { range: "10.50", inUse: (address) => address.endsWith(".16") },
});

function strategyOf(kind: string, group: string): (typeof definitions)[number]["strategy"] {
  const found = definitions.find((definition) => definition.kind === kind && definition.group === group);
  if (found === undefined) throw new Error(`no ${kind}`);
  return found.strategy;
}

function created(kind: string, body: Body, group = ""): KubeObject {
  const object: KubeObject = { metadata: { name: "x", namespace: "default" }, ...structuredClone(body) };
  const strategy = strategyOf(kind, group);
  strategy.defaults?.(object);
  strategy.prepareCreate?.(object);
  return object;
}

function problems(kind: string, body: Body, group = ""): string[] {
  const errors = strategyOf(kind, group).validate?.(created(kind, body, group), undefined) ?? [];
  return errors.map(({ field, message }) => `${field}: ${message}`);
}

function changeProblems(kind: string, before: Body, after: Body, group = ""): string[] {
  const previous = created(kind, before, group);
  const next: KubeObject = { metadata: previous.metadata, ...structuredClone(after) };
  const strategy = strategyOf(kind, group);
  strategy.defaults?.(next);
  strategy.prepareUpdate?.(next, previous);
  return (strategy.validate?.(next, previous) ?? []).map(({ field, message }) => `${field}: ${message}`);
}

describe("a Service", () => {
  test("gets an address that is free, and every field that is absent", () => {
    const service = created("Service", { spec: { ports: [{ port: 80 }], selector: { a: "b" } } }) as Service;
    expect(service.spec?.clusterIP).toMatch(/^10\.50\.\d+\.(?!16$)\d+$/);
    expect(service).toMatchObject({
      spec: {
        type: "ClusterIP",
        clusterIPs: [service.spec?.clusterIP],
        ipFamilies: ["IPv4"],
        ipFamilyPolicy: "SingleStack",
        sessionAffinity: "None",
        internalTrafficPolicy: "Cluster",
        ports: [{ port: 80, protocol: "TCP", targetPort: 80 }],
      },
      status: { loadBalancer: {} },
    });
  });

  test("that is headless needs no ports and keeps None", () => {
    expect(problems("Service", { spec: { clusterIP: "None" } })).toEqual([]);
    expect(created("Service", { spec: { clusterIP: "None", selector: { a: "b" } } })).toMatchObject({
      spec: { clusterIP: "None", clusterIPs: ["None"] },
    });
  });

  test("keeps its address when an update leaves it out", () => {
    const previous = created("Service", { spec: { ports: [{ port: 80 }] } }) as Service;
    const next: Service = { metadata: previous.metadata, spec: { ports: [{ port: 81 }] } };
    const strategy = strategyOf("Service", "");
    strategy.defaults?.(next);
    strategy.prepareUpdate?.(next, previous);
    expect(next.spec?.clusterIP).toBe(previous.spec?.clusterIP);
  });

  test.each<[Body, string]>([
    [{ ports: [] }, "spec.ports: Required value"],
    [{ ports: [{ port: 80 }, { port: 81, name: "b" }] }, "spec.ports[0].name: Required value"],
    [
      { ports: [{ port: 0 }] },
      "spec.ports[0].port: Invalid value: 0: must be between 1 and 65535, inclusive",
    ],
    [
      { type: "X", ports: [{ port: 80 }] },
      'spec.type: Unsupported value: "X": supported values: "ClusterIP", "ExternalName", "LoadBalancer", "NodePort"',
    ],
    [{ type: "ExternalName" }, "spec.externalName: Required value"],
    [
      { ports: [{ port: 80, nodePort: 30_000 }] },
      "spec.ports[0].nodePort: Forbidden: may not be used when `type` is 'ClusterIP'",
    ],
  ])("%j is refused", (spec, line) => {
    expect(problems("Service", { spec })).toContain(line);
  });

  test("may not change its address", () => {
    const before = { spec: { ports: [{ port: 80 }], clusterIP: "10.50.0.1", clusterIPs: ["10.50.0.1"] } };
    const after = { spec: { ports: [{ port: 80 }], clusterIP: "10.50.0.2", clusterIPs: ["10.50.0.2"] } };
    expect(changeProblems("Service", before, after)).toEqual([
      'spec.clusterIPs[0]: Invalid value: ["10.50.0.2"]: may not change once set',
    ]);
  });
});

describe("a Secret", () => {
  test("takes text into its data and is Opaque", () => {
    const secret = created("Secret", { data: { a: "eA==" }, stringData: { b: "y" } }) as Secret;
    expect(secret).toMatchObject({ type: "Opaque", data: { a: "eA==", b: "eQ==" } });
    expect(secret).not.toHaveProperty("stringData");
  });

  test.each<[Body, string]>([
    [{ data: { "a/b": "" } }, "data[a/b]: Invalid value"],
    [{ data: { "..": "" } }, "data[..]: Invalid value: \"..\": must not be '..'"],
    [
      { data: { big: Buffer.alloc(1024 * 1024 + 1).toString("base64") } },
      "data: Too long: may not be more than 1048576 bytes",
    ],
    [{ type: "kubernetes.io/tls" }, "data[tls.crt]: Required value"],
    [
      { type: "kubernetes.io/dockerconfigjson", data: { ".dockerconfigjson": "eA==" } },
      "data[.dockerconfigjson]: Invalid value",
    ],
  ])("%# is refused", (body, line) => {
    expect(problems("Secret", body)[0]).toContain(line);
  });

  test("keeps its type, and once immutable its data", () => {
    expect(changeProblems("Secret", { type: "a" }, { type: "b" })).toEqual([
      'type: Invalid value: "b": field is immutable',
    ]);
    expect(changeProblems("Secret", { type: "a" }, {})).toEqual([
      'type: Invalid value: "Opaque": field is immutable',
    ]);
    expect(changeProblems("Secret", {}, {})).toEqual([]);
    expect(
      changeProblems("Secret", { immutable: true, data: { a: "eA==" } }, { immutable: true, data: {} }),
    ).toEqual(["data: Forbidden: field is immutable when `immutable` is set"]);
  });
});

test("an immutable ConfigMap can be changed neither back nor otherwise", () => {
  expect(changeProblems("ConfigMap", { immutable: true, data: { a: "b" } }, { data: { a: "c" } })).toEqual([
    "immutable: Forbidden: field is immutable when `immutable` is set",
    "data: Forbidden: field is immutable when `immutable` is set",
  ]);
});

describe("a Namespace", () => {
  test("is active, labelled with its name, and held by its finalizer", () => {
    expect(created("Namespace", {})).toEqual({
      metadata: { name: "x", namespace: "default", labels: { "kubernetes.io/metadata.name": "x" } },
      spec: { finalizers: ["kubernetes"] },
      status: { phase: "Active" },
    });
  });

  test("keeps its finalizer until it is deleted", () => {
    const strategy = strategyOf("Namespace", "");
    const previous = created("Namespace", {}) as Namespace;
    const next: Namespace = { metadata: { ...previous.metadata }, spec: {} };
    strategy.defaults?.(next);
    strategy.prepareUpdate?.(next, previous);
    expect(next.spec).toEqual({ finalizers: ["kubernetes"] });
    previous.metadata.deletionTimestamp = "2026-01-01T00:00:00Z";
    const finalized: Namespace = { metadata: { ...previous.metadata }, spec: {} };
    strategy.defaults?.(finalized);
    strategy.prepareUpdate?.(finalized, previous);
    expect(finalized.spec).toEqual({});
  });
});

describe("a PersistentVolumeClaim", () => {
  const spec = { accessModes: ["ReadWriteOnce"], resources: { requests: { storage: "1Gi" } } };

  test("is pending and of files", () => {
    expect(created("PersistentVolumeClaim", { spec })).toMatchObject({
      spec: { volumeMode: "Filesystem" },
      status: { phase: "Pending" },
    });
  });

  test("is bound to a volume once", () => {
    const bound = { ...spec, volumeName: "v" };
    expect(changeProblems("PersistentVolumeClaim", { spec }, { spec: bound })).toEqual([]);
    expect(
      changeProblems("PersistentVolumeClaim", { spec: bound }, { spec: { ...spec, volumeName: "w" } })[0],
    ).toContain("spec is immutable after creation");
  });

  test("asks for something", () => {
    expect(problems("PersistentVolumeClaim", { spec: {} })).toEqual([
      "spec.accessModes: Required value: at least 1 access mode is required",
      "spec.resources[storage]: Required value",
    ]);
  });
});

test.each<[string, string, Body, string]>([
  ["RuntimeClass", "node.k8s.io", { handler: "" }, "handler: Required value"],
  [
    "Lease",
    "coordination.k8s.io",
    { spec: { leaseDurationSeconds: 0 } },
    "spec.leaseDurationSeconds: Invalid value: 0: must be greater than 0",
  ],
  [
    "NetworkPolicy",
    "networking.k8s.io",
    { spec: { podSelector: {}, ingress: [{ from: [{}] }] } },
    "spec.ingress[0].from[0]: Required value: must specify a peer",
  ],
  [
    "ResourceQuota",
    "",
    { spec: { hard: { pods: "1.5" } } },
    'spec.hard[pods]: Invalid value: "1500m": must be an integer',
  ],
  [
    "EndpointSlice",
    "discovery.k8s.io",
    { addressType: "IPv4", endpoints: [{ addresses: ["127.0.0.1"] }] },
    "endpoints[0].addresses[0]: Invalid value",
  ],
  [
    "Event",
    "",
    { involvedObject: { namespace: "other" } },
    'involvedObject.namespace: Invalid value: "other": does not match event.namespace',
  ],
])("a wrong %s is refused", (kind, group, body, line) => {
  expect(problems(kind, body, group)[0]).toContain(line);
});

test("a NetworkPolicy without types is one of ingress, and of egress where it has rules for that", () => {
  expect(
    created("NetworkPolicy", { spec: { egress: [{ ports: [{ port: 53 }] }] } }, "networking.k8s.io"),
  ).toMatchObject({
    spec: {
      podSelector: {},
      policyTypes: ["Ingress", "Egress"],
      egress: [{ ports: [{ port: 53, protocol: "TCP" }] }],
    },
  });
});
