import type { KubeObject } from "@sandgate/contract";
import { applyDefaults, type DefaultRow } from "../apply-defaults.ts";
import { type JsonObject, isJsonObject } from "../../patch/json-value.ts";

const PROBE: readonly DefaultRow[] = [
  ["timeoutSeconds", 1, "zero"],
  ["periodSeconds", 10, "zero"],
  ["successThreshold", 1, "zero"],
  ["failureThreshold", 3, "zero"],
  ["httpGet.path", "/"],
  ["httpGet.scheme", "HTTP"],
  ["grpc.service", (grpc: JsonObject) => grpc["service"] ?? ""],
];

const CONTAINER: readonly DefaultRow[] = [
  ["imagePullPolicy", pullPolicy],
  ["terminationMessagePath", "/dev/termination-log"],
  ["terminationMessagePolicy", "File"],
  ["resources", {}],
  ["ports[].protocol", "TCP"],
  ["env[].valueFrom.fieldRef.apiVersion", "v1"],
  ["env[].valueFrom.resourceFieldRef.divisor", "0"],
  ["lifecycle.postStart.httpGet.path", "/"],
  ["lifecycle.postStart.httpGet.scheme", "HTTP"],
  ["lifecycle.preStop.httpGet.path", "/"],
  ["lifecycle.preStop.httpGet.scheme", "HTTP"],
  ...["livenessProbe", "readinessProbe", "startupProbe"].flatMap((probe) => under(`${probe}.`, PROBE)),
];

const VOLUME: readonly DefaultRow[] = [
  ["emptyDir", (volume: JsonObject) => (Object.keys(volume).length <= 1 ? {} : undefined)],
  ["secret.defaultMode", 420],
  ["configMap.defaultMode", 420],
  ["downwardAPI.defaultMode", 420],
  ["downwardAPI.items[].fieldRef.apiVersion", "v1"],
  ["downwardAPI.items[].resourceFieldRef.divisor", "0"],
  ["projected.defaultMode", 420],
  ["projected.sources[].serviceAccountToken.expirationSeconds", 3600],
  ["projected.sources[].downwardAPI.items[].fieldRef.apiVersion", "v1"],
  ["projected.sources[].downwardAPI.items[].resourceFieldRef.divisor", "0"],
  ["hostPath.type", (hostPath: JsonObject) => hostPath["type"] ?? ""],
  ["ephemeral.volumeClaimTemplate.spec.volumeMode", "Filesystem"],
];

/** Defaults of a PodSpec; paths start at the spec. */
export const POD_SPEC_DEFAULTS: readonly DefaultRow[] = [
  ["restartPolicy", "Always"],
  ["dnsPolicy", "ClusterFirst"],
  ["schedulerName", "default-scheduler"],
  ["terminationGracePeriodSeconds", 30],
  ["enableServiceLinks", true],
  ["securityContext", {}],
  ...under("volumes[].", VOLUME),
  ...["containers[]", "initContainers[]", "ephemeralContainers[]"].flatMap((list) =>
    under(`${list}.`, CONTAINER),
  ),
];

/** What admission adds to a pod that is created. */
const ADMISSION: readonly DefaultRow[] = [
  ["serviceAccountName", (spec: JsonObject) => spec["serviceAccount"] ?? "default"],
  ["serviceAccount", (spec: JsonObject) => spec["serviceAccountName"]],
  ["priority", 0],
  ["preemptionPolicy", "PreemptLowerPriority"],
];

const NODE_LOSS_TAINTS = ["node.kubernetes.io/not-ready", "node.kubernetes.io/unreachable"];

/** Fills in what an absent field of a pod means. */
export function defaultPod(pod: KubeObject): void {
  const { spec } = pod as KubeObject & { spec?: unknown };
  if (!isJsonObject(spec)) return;
  applyDefaults(spec, POD_SPEC_DEFAULTS);
  const grace = spec["terminationGracePeriodSeconds"];
  if (typeof grace === "number" && grace < 0) spec["terminationGracePeriodSeconds"] = 1;
  requestLimits(spec);
  if (spec["hostNetwork"] === true) {
    for (const list of ["containers", "initContainers"]) {
      applyDefaults(spec, [[`${list}[].ports[].hostPort`, (port: JsonObject) => port["containerPort"]]]);
    }
  }
}

/** Fills in what the admission of a new pod sets: service account, priority, how long it outlives a lost node. */
export function admitPod(pod: KubeObject): void {
  const { spec } = pod as KubeObject & { spec?: unknown };
  if (!isJsonObject(spec)) return;
  applyDefaults(spec, ADMISSION);
  tolerateNodeLoss(spec);
}

/** Keeps what admission has set; a client that never wrote it leaves it out. */
export function keepAdmitted(pod: KubeObject, previous: KubeObject): void {
  const { spec } = pod as KubeObject & { spec?: unknown };
  const { spec: before } = previous as KubeObject & { spec?: unknown };
  if (!isJsonObject(spec) || !isJsonObject(before)) return;
  for (const [field] of ADMISSION) {
    if (spec[field] === undefined && before[field] !== undefined) spec[field] = before[field];
  }
  tolerateNodeLoss(spec);
}

function tolerateNodeLoss(spec: JsonObject): void {
  const present = Array.isArray(spec["tolerations"]) ? spec["tolerations"].filter(isJsonObject) : [];
  for (const key of NODE_LOSS_TAINTS) {
    const tolerated = present.some(
      (each) =>
        (each["key"] === key || (each["key"] ?? "") === "") &&
        (each["effect"] === "NoExecute" || (each["effect"] ?? "") === ""),
    );
    if (!tolerated) present.push({ key, operator: "Exists", effect: "NoExecute", tolerationSeconds: 300 });
  }
  spec["tolerations"] = present;
}

/** `Always` for the tag `latest` or none, else `IfNotPresent`. */
function pullPolicy(container: JsonObject): string | undefined {
  const { image } = container;
  if (typeof image !== "string") return undefined;
  const name = image.slice(image.lastIndexOf("/") + 1);
  if (name.includes("@")) return "IfNotPresent";
  const colon = name.indexOf(":");
  return colon === -1 || name.slice(colon + 1) === "latest" ? "Always" : "IfNotPresent";
}

/** What is limited but not requested is requested up to its limit. */
function requestLimits(spec: JsonObject): void {
  for (const list of [spec["containers"], spec["initContainers"]]) {
    for (const container of Array.isArray(list) ? list.filter(isJsonObject) : []) {
      const { resources } = container;
      if (!isJsonObject(resources) || !isJsonObject(resources["limits"])) continue;
      const requests = isJsonObject(resources["requests"]) ? resources["requests"] : {};
      resources["requests"] = { ...resources["limits"], ...requests };
    }
  }
}

function under(prefix: string, rows: readonly DefaultRow[]): readonly DefaultRow[] {
  return rows.map(([path, value, zero]) =>
    zero === undefined ? [prefix + path, value] : [prefix + path, value, zero],
  );
}
