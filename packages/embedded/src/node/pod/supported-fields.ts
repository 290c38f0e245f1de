import { RUNTIME_IMAGE } from "@sandgate/contract";
import type { FieldRow, FieldTable, RefusedValues } from "./field-table.ts";

const UNKNOWN = "not supported by the embedded node";
const DONE: FieldRow = {};

/** Accepted, because it changes nothing here. */
const idle = (idle: string): FieldRow => ({ idle });
const table = (rows: Record<string, FieldRow>, otherwise = UNKNOWN): FieldTable => ({ rows, otherwise });
const done = (...names: string[]): Record<string, FieldRow> =>
  Object.fromEntries(names.map((name) => [name, DONE]));

const never = (reason: string): FieldRow => ({
  refuse: { values: "`true`", test: (value) => value === true, reason },
});
const refused = (reason: string): FieldRow => ({
  refuse: { values: "any", test: () => true, reason },
});
const onlyOf = (reason: string, ...values: string[]): RefusedValues => ({
  values: `any but ${values.map((value) => (value === "" ? "none" : `\`${value}\``)).join(", ")}`,
  test: (value) => !values.includes(value as string),
  reason,
});
const empty = (reason: string): RefusedValues => ({
  values: "any but none",
  test: (value) => value !== "" && value !== 0 && !(Array.isArray(value) && value.length === 0),
  reason,
});

/** Paths in a container are resolved by bubblewrap before the container's root is the root. */
const leavesRoot = (path: string): boolean => !path.startsWith("/") || path.split("/").includes("..");
const PATH: FieldRow = {
  refuse: {
    values: "relative, or with `..`",
    test: (value) => leavesRoot(String(value)),
    reason: "has to be an absolute path without ..",
  },
};
const PATH_OR_NONE: FieldRow = {
  refuse: {
    values: "relative, or with `..`",
    test: (value) => value !== "" && leavesRoot(String(value)),
    reason: "has to be an absolute path without ..",
  },
};

const profile = (refuse: RefusedValues): FieldRow => ({
  members: table({
    type: { refuse },
    ...done("localhostProfile"),
  }),
});

const SECURITY_OF_BOTH: Record<string, FieldRow> = {
  ...done("runAsUser", "runAsGroup", "runAsNonRoot"),
  seccompProfile: profile(
    onlyOf("the node's own filter is always on; RuntimeDefault says so", "RuntimeDefault"),
  ),
  appArmorProfile: profile(onlyOf("profiles are not loaded", "RuntimeDefault", "Unconfined")),
};

const POD_SECURITY = table({
  ...SECURITY_OF_BOTH,
  supplementalGroups: idle("a pod's files are all of one group"),
  supplementalGroupsPolicy: idle("a pod's files are all of one group"),
  fsGroup: idle("volumes belong to the pod's user"),
  fsGroupChangePolicy: idle("volumes belong to the pod's user"),
});

const CONTAINER_SECURITY = table({
  ...SECURITY_OF_BOTH,
  ...done("readOnlyRootFilesystem"),
  privileged: never("a pod never has the host's rights"),
  allowPrivilegeEscalation: never("no process of a pod can gain rights"),
  capabilities: {
    members: table({
      drop: idle("there are none"),
      add: { refuse: empty("a pod has no capabilities") },
    }),
  },
  procMount: { refuse: onlyOf("/proc stays masked", "Default") },
});

const hostOf = (reason: string): FieldRow => ({ refuse: empty(reason) });
const http = (reason: string): FieldRow => ({
  members: table({ ...done("path", "port", "scheme", "httpHeaders"), host: hostOf(reason) }),
});

const PROBE: FieldRow = {
  members: table({
    ...done("initialDelaySeconds", "periodSeconds", "timeoutSeconds", "successThreshold", "failureThreshold"),
    ...done("terminationGracePeriodSeconds", "exec"),
    httpGet: http("probes go to the pod only"),
    tcpSocket: {
      members: table({ ...done("port"), host: hostOf("probes go to the pod only") }),
    },
    grpc: refused("use httpGet, tcpSocket or exec"),
  }),
};

const HOOK: FieldRow = {
  members: table(
    { ...done("exec", "sleep"), httpGet: http("hooks go to the pod only") },
    "use exec, httpGet or sleep",
  ),
};

const RESOURCES = table(
  { ...done("cpu", "memory"), "ephemeral-storage": idle("no disk is measured") },
  "the node has none",
);

const MOUNT = table({
  ...done("name", "readOnly", "subPath", "subPathExpr", "recursiveReadOnly"),
  mountPath: PATH,
  mountPropagation: { refuse: onlyOf("mounts do not propagate", "None") },
});

const CONTAINER: Record<string, FieldRow> = {
  ...done(
    "name",
    "image",
    "command",
    "args",
    "env",
    "envFrom",
    "stdin",
    "stdinOnce",
    "tty",
    "terminationMessagePolicy",
  ),
  imagePullPolicy: idle("nothing is pulled"),
  workingDir: PATH_OR_NONE,
  terminationMessagePath: PATH,
  ports: {
    each: table({
      ...done("name", "containerPort", "protocol"),
      hostPort: hostOf("the gateway reaches pods by their own address"),
      hostIP: idle("goes with hostPort"),
    }),
  },
  resources: {
    members: table({
      limits: { members: RESOURCES },
      requests: { members: RESOURCES },
    }),
  },
  resizePolicy: idle("a pod is not resized"),
  volumeMounts: { each: MOUNT },
  livenessProbe: PROBE,
  readinessProbe: PROBE,
  startupProbe: PROBE,
  lifecycle: { members: table({ postStart: HOOK, preStop: HOOK }) },
  securityContext: { members: CONTAINER_SECURITY },
};

const VOLUME = table(
  {
    ...done("name", "configMap", "secret", "persistentVolumeClaim", "downwardAPI"),
    emptyDir: {
      members: table({
        sizeLimit: idle("no disk is measured; carried out with medium `Memory`"),
        medium: { refuse: onlyOf("it is Memory, or none", "", "Memory") },
      }),
    },
    projected: {
      members: table({
        ...done("defaultMode"),
        sources: {
          each: table(done("configMap", "secret", "downwardAPI"), "no credentials are mounted into pods"),
        },
      }),
    },
  },
  "supported are emptyDir, configMap, secret, persistentVolumeClaim, downwardAPI, projected",
);

const HOST_NAMESPACE = never("a pod never shares the host's namespaces");

/** Every field of a pod's `spec` that this node carries out or accepts, and every value that it refuses. */
export const SPEC_FIELDS: FieldTable = table({
  ...done("restartPolicy", "terminationGracePeriodSeconds", "activeDeadlineSeconds", "nodeName", "hostname"),
  ...done("dnsConfig", "hostAliases", "readinessGates"),
  containers: {
    each: table({ ...CONTAINER, restartPolicy: refused("the pod's counts; there are no sidecars") }),
  },
  initContainers: {
    each: table({
      ...CONTAINER,
      restartPolicy: refused("the pod's counts; there are no sidecars"),
    }),
  },
  volumes: { each: VOLUME },
  nodeSelector: idle("the scheduler's"),
  schedulerName: idle("the scheduler's"),
  schedulingGates: idle("the scheduler's"),
  affinity: idle("there is one node"),
  topologySpreadConstraints: idle("there is one node"),
  tolerations: idle("the node has no taints"),
  priority: idle("pods are not preempted"),
  priorityClassName: idle("pods are not preempted"),
  preemptionPolicy: idle("pods are not preempted"),
  overhead: idle("nothing is scheduled by resources"),
  subdomain: idle("there is no cluster DNS"),
  setHostnameAsFQDN: idle("there is no cluster DNS"),
  dnsPolicy: idle("there is no cluster DNS; dnsConfig counts"),
  serviceAccountName: idle("no token is mounted"),
  serviceAccount: idle("no token is mounted"),
  automountServiceAccountToken: idle("no token is mounted, as if false"),
  enableServiceLinks: idle("Services have no cluster IP here"),
  imagePullSecrets: idle("nothing is pulled"),
  hostUsers: idle("pods never share the host's user namespace"),
  hostNetwork: HOST_NAMESPACE,
  hostPID: HOST_NAMESPACE,
  hostIPC: HOST_NAMESPACE,
  shareProcessNamespace: never("containers have process namespaces of their own"),
  runtimeClassName: {
    refuse: empty("the embedded node has no handler but its own; leave it out"),
  },
  os: {
    members: table({ name: { refuse: onlyOf("the node runs linux", "linux") } }),
  },
  securityContext: { members: POD_SECURITY },
});

/** Whether the node has the image: the built-in one, with any tag or digest. */
export function isKnownImage(image: string | undefined): boolean {
  const name = (image ?? "").replace(/@sha256:[0-9a-f]{64}$/, "").replace(/:[\w][\w.-]{0,127}$/, "");
  return name === RUNTIME_IMAGE;
}
