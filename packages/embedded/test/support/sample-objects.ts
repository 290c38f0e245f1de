import type {
  KubeObject,
  ObjectMeta,
  OwnerReference,
  Pod,
  Sandbox,
  SandboxClaim,
  SandboxTemplate,
  SandboxWarmPool,
  Stored,
} from "@sandgate/contract";

/** When every sample was made. */
export const MADE_AT = "2026-01-01T00:00:00Z";
export const MADE_AT_MS = Date.parse(MADE_AT);

type Members<T extends KubeObject> = Partial<Omit<T, "metadata">> & { metadata?: ObjectMeta };

function stored<T extends KubeObject>(
  name: string,
  object: Omit<T, "metadata">,
  metadata?: ObjectMeta,
): Stored<T> {
  const identity = { name, namespace: "default", uid: `uid-${name}`, resourceVersion: "1", generation: 1 };
  return { ...object, metadata: { ...identity, creationTimestamp: MADE_AT, ...metadata } } as Stored<T>;
}

const SPEC = { containers: [{ name: "main", image: "sandgate.dev/runtime:latest" }] };

export function sampleSandbox(
  name: string,
  {
    metadata,
    spec,
    status,
  }: { metadata?: ObjectMeta; spec?: Partial<Sandbox["spec"]>; status?: Sandbox["status"] } = {},
): Stored<Sandbox> {
  const merged = { podTemplate: { spec: SPEC }, ...spec };
  return stored<Sandbox>(name, { spec: merged, ...(status === undefined ? {} : { status }) }, metadata);
}

export function samplePod(name: string, { metadata, spec, status }: Members<Pod> = {}): Stored<Pod> {
  return stored<Pod>(name, { spec: spec ?? SPEC, ...(status === undefined ? {} : { status }) }, metadata);
}

export function sampleTemplate(
  name: string,
  { metadata, spec }: { metadata?: ObjectMeta; spec?: Partial<SandboxTemplate["spec"]> } = {},
): Stored<SandboxTemplate> {
  return stored<SandboxTemplate>(name, { spec: { podTemplate: { spec: SPEC }, ...spec } }, metadata);
}

export function samplePool(
  name: string,
  template: string,
  spec: Partial<SandboxWarmPool["spec"]> = {},
): Stored<SandboxWarmPool> {
  return stored<SandboxWarmPool>(name, { spec: { sandboxTemplateRef: { name: template }, ...spec } });
}

export function sampleClaim(
  name: string,
  pool: string,
  {
    metadata,
    spec,
    status,
  }: { metadata?: ObjectMeta; spec?: Partial<SandboxClaim["spec"]>; status?: SandboxClaim["status"] } = {},
): Stored<SandboxClaim> {
  const merged = { warmPoolRef: { name: pool }, ...spec };
  return stored<SandboxClaim>(name, { spec: merged, ...(status === undefined ? {} : { status }) }, metadata);
}

/** The reference of an owner that controls. */
export function controlledBy(kind: string, owner: Stored<KubeObject>): OwnerReference[] {
  const group = kind === "Sandbox" ? "agents.x-k8s.io" : "extensions.agents.x-k8s.io";
  const { name, uid } = owner.metadata;
  return [{ apiVersion: `${group}/v1beta1`, kind, name, uid, controller: true, blockOwnerDeletion: true }];
}

export function readyPodStatus(ip = "10.0.0.1"): NonNullable<Pod["status"]> {
  return { phase: "Running", podIP: ip, podIPs: [{ ip }], conditions: [{ type: "Ready", status: "True" }] };
}

export function readySandboxStatus(ip: string, nodeName = "node"): NonNullable<Sandbox["status"]> {
  const condition = {
    type: "Ready",
    status: "True" as const,
    reason: "DependenciesReady",
    message: "Pod is Ready",
  };
  return { conditions: [{ ...condition, lastTransitionTime: MADE_AT }], podIPs: [ip], nodeName };
}
