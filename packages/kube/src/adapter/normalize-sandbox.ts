import {
  ANNOTATION_POD_NAME,
  type Condition,
  type ContainerPort,
  type KubeObject,
  type NormalSandbox,
  type PodTemplate,
  type Stored,
} from "@sandgate/contract";

/** Members of a Sandbox in any version that was released. */
interface AnySandbox extends KubeObject {
  spec?: {
    podTemplate?: Partial<PodTemplate>;
    operatingMode?: string;
    replicas?: number;
    shutdownTime?: string;
  };
  status?: {
    conditions?: Condition[];
    podIPs?: string[];
    service?: string;
    serviceFQDN?: string;
  };
}

/**
 * The normal form of a Sandbox read as v1beta1 or v1alpha1.
 *
 * `operatingMode` decides where it is there (v0.5.0 and later), else `replicas`: 0 is suspended, anything else runs.
 */
export function normalizeSandbox(object: Stored<KubeObject>): NormalSandbox {
  const { metadata, spec, status } = object as Stored<AnySandbox>;
  const annotations = metadata.annotations ?? {};
  const suspended =
    spec?.operatingMode === undefined ? spec?.replicas === 0 : spec.operatingMode === "Suspended";
  const shutdownAtMs = Date.parse(spec?.shutdownTime ?? "");
  return {
    namespace: metadata.namespace ?? "default",
    name: metadata.name,
    uid: metadata.uid,
    resourceVersion: metadata.resourceVersion,
    createdAtMs: Date.parse(metadata.creationTimestamp ?? ""),
    labels: metadata.labels ?? {},
    annotations,
    desired: suspended ? "Suspended" : "Running",
    deleting: metadata.deletionTimestamp !== undefined,
    conditions: status?.conditions ?? [],
    podIps: status?.podIPs ?? [],
    service: status?.service === undefined || status.service === "" ? null : status.service,
    serviceFqdn: status?.serviceFQDN === undefined || status.serviceFQDN === "" ? null : status.serviceFQDN,
    ports: tcpPorts(spec?.podTemplate),
    podName: annotations[ANNOTATION_POD_NAME] ?? metadata.name,
    shutdownAtMs: Number.isNaN(shutdownAtMs) ? null : shutdownAtMs,
  };
}

function tcpPorts(template: Partial<PodTemplate> | undefined): ContainerPort[] {
  return (template?.spec?.containers ?? [])
    .flatMap((container) => container.ports ?? [])
    .filter((port) => (port.protocol ?? "TCP") === "TCP");
}
