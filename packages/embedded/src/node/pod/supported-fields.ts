import { RUNTIME_IMAGE, type Container, type Pod } from "@sandgate/contract";

/**
 * Fields of a pod that this node carries out, and those it accepts because they change nothing here, with the reason. A
 * field that stands in neither list is refused by its path: nothing that was asked for is left out in silence.
 */
const POD_FIELDS: Readonly<Record<string, string>> = {
  containers: "carried out",
  initContainers: "carried out",
  volumes: "carried out",
  restartPolicy: "carried out",
  terminationGracePeriodSeconds: "carried out",
  activeDeadlineSeconds: "carried out",
  nodeName: "carried out",
  nodeSelector: "the scheduler's",
  affinity: "there is one node",
  tolerations: "the node has no taints",
  topologySpreadConstraints: "there is one node",
  schedulerName: "the scheduler's",
  schedulingGates: "the scheduler's",
  priority: "pods are not preempted",
  priorityClassName: "pods are not preempted",
  preemptionPolicy: "pods are not preempted",
  hostname: "carried out",
  subdomain: "there is no cluster DNS",
  setHostnameAsFQDN: "there is no cluster DNS",
  serviceAccountName: "no token is mounted",
  serviceAccount: "no token is mounted",
  automountServiceAccountToken: "no token is mounted, as if false",
  enableServiceLinks: "Services have no cluster IP here",
  dnsPolicy: "carried out as far as nameservers go",
  dnsConfig: "carried out",
  hostAliases: "carried out",
  imagePullSecrets: "nothing is pulled",
  runtimeClassName: "checked: this node has no other handlers",
  overhead: "no scheduling by resources",
  os: "checked: linux",
  securityContext: "checked member by member",
  readinessGates: "carried out",
  hostUsers: "pods never share the host's user namespace",
  hostNetwork: "checked: false",
  hostPID: "checked: false",
  hostIPC: "checked: false",
  shareProcessNamespace: "checked: false",
};

const CONTAINER_FIELDS: Readonly<Record<string, string>> = {
  name: "carried out",
  image: "checked",
  imagePullPolicy: "nothing is pulled",
  command: "carried out",
  args: "carried out",
  workingDir: "carried out",
  ports: "declared only; hostPort is refused",
  env: "carried out",
  envFrom: "carried out",
  resources: "limits are carried out",
  resizePolicy: "a pod is not resized",
  volumeMounts: "carried out",
  livenessProbe: "carried out",
  readinessProbe: "carried out",
  startupProbe: "carried out",
  lifecycle: "postStart and preStop are carried out",
  terminationMessagePath: "carried out",
  terminationMessagePolicy: "carried out",
  securityContext: "checked member by member",
  stdin: "carried out",
  stdinOnce: "carried out",
  tty: "carried out",
  restartPolicy: "checked",
};

const SECURITY_CONTEXT = {
  /** Members accepted with any value. */
  free: new Set([
    "runAsUser",
    "runAsGroup",
    "runAsNonRoot",
    "supplementalGroups",
    "supplementalGroupsPolicy",
    "fsGroup",
    "fsGroupChangePolicy",
    "readOnlyRootFilesystem",
  ]),
};

const VOLUME_SOURCES = new Set([
  "emptyDir",
  "configMap",
  "secret",
  "persistentVolumeClaim",
  "downwardAPI",
  "projected",
]);
const MOUNT_FIELDS = new Set([
  "name",
  "mountPath",
  "readOnly",
  "subPath",
  "subPathExpr",
  "recursiveReadOnly",
  "mountPropagation",
]);

/** A field that this node refuses, by its path, with the reason. */
export interface Refusal {
  field: string;
  reason: string;
}

/** What in a pod this node cannot do as asked; empty where it can do all of it. */
export function refusals(pod: Pod): Refusal[] {
  const found: Refusal[] = [];
  const refuse = (field: string, reason: string): void => void found.push({ field, reason });
  const spec = pod.spec as Pod["spec"] & Record<string, unknown>;
  for (const field of Object.keys(spec)) {
    if (!Object.hasOwn(POD_FIELDS, field)) refuse(`spec.${field}`, "not supported by the embedded node");
  }
  for (const field of ["hostNetwork", "hostPID", "hostIPC"] as const) {
    if (spec[field] === true) refuse(`spec.${field}`, "a pod never shares the host's namespaces");
  }
  if (spec.shareProcessNamespace === true)
    refuse("spec.shareProcessNamespace", "containers have process namespaces of their own");
  if (spec.runtimeClassName !== undefined && spec.runtimeClassName !== "") {
    refuse("spec.runtimeClassName", "the embedded node has no handler but its own; leave it out");
  }
  const os = (spec["os"] as { name?: string } | undefined)?.name;
  if (os !== undefined && os !== "linux") refuse("spec.os.name", `the node runs linux, not ${os}`);
  checkSecurityContext(spec.securityContext, "spec.securityContext", refuse);
  (spec.volumes ?? []).forEach((volume, index) => {
    for (const source of Object.keys(volume)) {
      if (source !== "name" && !VOLUME_SOURCES.has(source)) {
        refuse(`spec.volumes[${index}].${source}`, `supported are ${[...VOLUME_SOURCES].join(", ")}`);
      }
    }
    const medium = volume.emptyDir?.medium ?? "";
    if (medium !== "" && medium !== "Memory")
      refuse(`spec.volumes[${index}].emptyDir.medium`, `there is no medium ${medium}; Memory, or none`);
    (volume.projected?.sources ?? []).forEach((source, at) => {
      for (const kind of Object.keys(source)) {
        if (!["configMap", "secret", "downwardAPI"].includes(kind)) {
          refuse(
            `spec.volumes[${index}].projected.sources[${at}].${kind}`,
            "no credentials are mounted into pods",
          );
        }
      }
    });
  });
  (spec.initContainers ?? []).forEach((container, index) => {
    checkContainer(container, `spec.initContainers[${index}]`, refuse);
    if (container.restartPolicy !== undefined) {
      refuse(
        `spec.initContainers[${index}].restartPolicy`,
        "sidecars are not supported; make it a container",
      );
    }
  });
  spec.containers.forEach((container, index) => {
    checkContainer(container, `spec.containers[${index}]`, refuse);
    if (container.restartPolicy !== undefined)
      refuse(`spec.containers[${index}].restartPolicy`, "the pod's restartPolicy counts");
  });
  return found;
}

function checkContainer(
  container: Container,
  path: string,
  refuse: (field: string, reason: string) => void,
): void {
  for (const field of Object.keys(container)) {
    if (!Object.hasOwn(CONTAINER_FIELDS, field))
      refuse(`${path}.${field}`, "not supported by the embedded node");
  }
  checkSecurityContext(container.securityContext, `${path}.securityContext`, refuse);
  checkResources(container.resources ?? {}, `${path}.resources`, refuse);
  checkLifecycle(container.lifecycle ?? {}, `${path}.lifecycle`, refuse);
  if (leavesRoot(container.workingDir || "/"))
    refuse(`${path}.workingDir`, "has to be an absolute path without ..");
  if (leavesRoot(container.terminationMessagePath ?? "/"))
    refuse(`${path}.terminationMessagePath`, "has to be an absolute path without ..");
  (container.ports ?? []).forEach((port, index) => {
    if (port.hostPort !== undefined && port.hostPort !== 0)
      refuse(`${path}.ports[${index}].hostPort`, "the gateway reaches pods by their own address");
  });
  (container.volumeMounts ?? []).forEach((mount, index) => {
    if (leavesRoot(mount.mountPath))
      refuse(`${path}.volumeMounts[${index}].mountPath`, "has to be an absolute path without ..");
    for (const field of Object.keys(mount)) {
      if (!MOUNT_FIELDS.has(field))
        refuse(`${path}.volumeMounts[${index}].${field}`, "not supported by the embedded node");
    }
    if (mount.mountPropagation !== undefined && mount.mountPropagation !== "None") {
      refuse(`${path}.volumeMounts[${index}].mountPropagation`, "mounts do not propagate");
    }
  });
  for (const probe of ["livenessProbe", "readinessProbe", "startupProbe"] as const) {
    if (container[probe]?.grpc !== undefined)
      refuse(`${path}.${probe}.grpc`, "use httpGet, tcpSocket or exec");
    const host = container[probe]?.httpGet?.host ?? container[probe]?.tcpSocket?.host;
    if (host !== undefined && host !== "") refuse(`${path}.${probe}.host`, "probes go to the pod only");
  }
}

/** Paths in a container are resolved by bubblewrap before the container's root is the root. */
function leavesRoot(path: string): boolean {
  return !path.startsWith("/") || path.split("/").includes("..");
}

/** What can be asked for of each resource; `ephemeral-storage` is accepted, and no disk is measured. */
const RESOURCES = new Set(["cpu", "memory", "ephemeral-storage"]);

function checkResources(
  resources: Record<string, unknown>,
  path: string,
  refuse: (field: string, reason: string) => void,
): void {
  for (const [kind, value] of Object.entries(resources)) {
    if (kind !== "limits" && kind !== "requests") {
      refuse(`${path}.${kind}`, "not supported by the embedded node");
      continue;
    }
    for (const resource of Object.keys(value ?? {})) {
      if (!RESOURCES.has(resource)) refuse(`${path}.${kind}.${resource}`, "the node has none");
    }
  }
}

function checkLifecycle(
  lifecycle: Record<string, unknown>,
  path: string,
  refuse: (field: string, reason: string) => void,
): void {
  for (const [when, hook] of Object.entries(lifecycle)) {
    if (when !== "postStart" && when !== "preStop") {
      refuse(`${path}.${when}`, "not supported by the embedded node");
      continue;
    }
    for (const kind of Object.keys(hook ?? {})) {
      if (!["exec", "httpGet", "sleep"].includes(kind))
        refuse(`${path}.${when}.${kind}`, "use exec, httpGet or sleep");
    }
    const host = (hook as { httpGet?: { host?: string } } | null)?.httpGet?.host;
    if (host !== undefined && host !== "") refuse(`${path}.${when}.httpGet.host`, "hooks go to the pod only");
  }
}

function checkSecurityContext(
  context: Record<string, unknown> | undefined,
  path: string,
  refuse: (field: string, reason: string) => void,
): void {
  for (const [field, value] of Object.entries(context ?? {})) {
    const at = `${path}.${field}`;
    if (SECURITY_CONTEXT.free.has(field) || value === undefined || value === null) continue;
    switch (field) {
      case "privileged":
        if (value === true) refuse(at, "a pod never has the host's rights");
        break;
      case "allowPrivilegeEscalation":
        if (value === true) refuse(at, "no process of a pod can gain rights");
        break;
      case "capabilities": {
        const add = (value as { add?: unknown[] }).add ?? [];
        if (add.length > 0) refuse(`${at}.add`, "a pod has no capabilities");
        break;
      }
      case "seccompProfile": {
        const type = (value as { type?: string }).type;
        if (type !== "RuntimeDefault")
          refuse(`${at}.type`, "the node's own filter is always on; RuntimeDefault says so");
        break;
      }
      case "appArmorProfile": {
        const type = (value as { type?: string }).type;
        if (type !== "RuntimeDefault" && type !== "Unconfined")
          refuse(`${at}.type`, "profiles are not loaded");
        break;
      }
      case "procMount":
        if (value !== "Default") refuse(at, "/proc stays masked");
        break;
      default:
        refuse(at, "not supported by the embedded node");
    }
  }
}

/** Whether the node has the image: the built-in one, with any tag or digest. */
export function isKnownImage(image: string | undefined): boolean {
  const name = (image ?? "").replace(/@sha256:[0-9a-f]{64}$/, "").replace(/:[\w][\w.-]{0,127}$/, "");
  return name === RUNTIME_IMAGE;
}

/** Tables for the documentation and its test. */
export const SUPPORT_TABLES = {
  pod: POD_FIELDS,
  container: CONTAINER_FIELDS,
  volumeSources: VOLUME_SOURCES,
} as const;
