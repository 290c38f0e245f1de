import type { Container, KubeObject, Pod, PodSpec } from "@sandgate/contract";
import { qualifiedResource } from "../server/status-errors.ts";
import { type Quantity, compareQuantities, parseQuantity } from "../registry/quantity.ts";
import { type Entry, parseEntry } from "../storage/entry.ts";
import type { Store } from "../storage/store.ts";

/** How much of each resource, by its name in a quota. */
export type Usage = Readonly<Record<string, Quantity>>;

export interface QuotaSpec {
  hard?: Record<string, string | number>;
  scopes?: string[];
}

const ONE: Quantity = { digits: 1n, scale: 0, format: "decimal" };
const ZERO: Quantity = { digits: 0n, scale: 0, format: "decimal" };
/** Kinds whose number a quota limits under their bare plural name. */
const COUNTED = new Set([
  "configmaps",
  "persistentvolumeclaims",
  "pods",
  "resourcequotas",
  "secrets",
  "services",
]);
const COMPUTE = ["cpu", "memory", "ephemeral-storage"];
const pods = new WeakMap<Entry, Pod>();

/** What one object of a bucket uses of any quota. */
export function usageOf(bucket: string, object: KubeObject, nowMs: number): Usage {
  const [group = "", plural = ""] = bucket.split("/");
  const count = { [`count/${qualifiedResource({ group, plural })}`]: ONE };
  if (bucket === "/pods") return { ...count, ...podUsage(object as Pod, nowMs) };
  return group === "" && COUNTED.has(plural) ? { ...count, [plural]: ONE } : count;
}

/** What a namespace uses of the resources that a quota limits. */
export function namespaceUsage(store: Store, namespace: string, spec: QuotaSpec, nowMs: number): Usage {
  const names = Object.keys(spec.hard ?? {});
  const total: Record<string, Quantity> = Object.fromEntries(names.map((name) => [name, ZERO]));
  for (const bucket of bucketsOf(names)) {
    for (const entry of store.bucket(bucket).snapshot({ namespace }) ?? []) {
      const object = bucket === "/pods" ? podOf(entry) : { metadata: {} };
      if (!inScope(spec, bucket, object)) continue;
      addTo(total, usageOf(bucket, object, nowMs));
    }
  }
  return total;
}

/** Whether a quota with scopes is about this object; scopes are about pods. */
export function inScope({ scopes = [] }: QuotaSpec, bucket: string, object: KubeObject): boolean {
  if (scopes.length === 0) return true;
  if (bucket !== "/pods") return false;
  const pod = object as Pod;
  const terminating = pod.spec.activeDeadlineSeconds !== undefined;
  const bestEffort = pod.status?.qosClass === "BestEffort";
  const holds: Record<string, boolean> = {
    Terminating: terminating,
    NotTerminating: !terminating,
    BestEffort: bestEffort,
    NotBestEffort: !bestEffort,
  };
  return scopes.every((scope) => holds[scope] === true);
}

export function addQuantities(a: Quantity, b: Quantity): Quantity {
  const scale = Math.max(a.scale, b.scale);
  const digits = a.digits * 10n ** BigInt(scale - a.scale) + b.digits * 10n ** BigInt(scale - b.scale);
  return { digits, scale, format: a.digits === 0n ? b.format : a.format };
}

function addTo(total: Record<string, Quantity>, usage: Usage): void {
  for (const [name, quantity] of Object.entries(usage)) {
    const present = total[name];
    if (present !== undefined) total[name] = addQuantities(present, quantity);
  }
}

function bucketsOf(names: readonly string[]): ReadonlySet<string> {
  const buckets = new Set<string>();
  for (const name of names) {
    if (name.startsWith("count/")) {
      const [plural = "", ...group] = name.slice("count/".length).split(".");
      buckets.add(`${group.join(".")}/${plural}`);
    } else buckets.add(name !== "pods" && COUNTED.has(name) ? `/${name}` : "/pods");
  }
  return buckets;
}

function podOf(entry: Entry): Pod {
  let pod = pods.get(entry);
  if (pod === undefined) {
    pod = parseEntry(entry) as unknown as Pod;
    pods.set(entry, pod);
  }
  return pod;
}

/** A pod that is over, or past its grace period, uses nothing. */
function podUsage(pod: Pod, nowMs: number): Usage {
  const { deletionTimestamp } = pod.metadata;
  const over = pod.status?.phase === "Succeeded" || pod.status?.phase === "Failed";
  if (over || (deletionTimestamp !== undefined && Date.parse(deletionTimestamp) < nowMs)) return {};
  const usage: Record<string, Quantity> = { pods: ONE };
  for (const resource of COMPUTE) {
    const requests = podAmount(pod.spec, "requests", resource);
    const limits = podAmount(pod.spec, "limits", resource);
    if (requests !== undefined) {
      usage[resource] = requests;
      usage[`requests.${resource}`] = requests;
    }
    if (limits !== undefined) usage[`limits.${resource}`] = limits;
  }
  return usage;
}

/** All containers together, or the largest init container with the sidecars that run by then, and the overhead. */
function podAmount(spec: PodSpec, list: "requests" | "limits", resource: string): Quantity | undefined {
  let running = sum(spec.containers.map((container) => amountOf(container, list, resource)));
  let sidecars: Quantity | undefined;
  let starting: Quantity | undefined;
  for (const container of spec.initContainers ?? []) {
    const own = amountOf(container, list, resource);
    if (container.restartPolicy === "Always") sidecars = sum([sidecars, own]);
    starting = largest(starting, container.restartPolicy === "Always" ? sidecars : sum([sidecars, own]));
  }
  running = largest(sum([running, sidecars]), starting);
  const { overhead } = spec as PodSpec & { overhead?: Record<string, string> };
  return running === undefined ? undefined : sum([running, parseQuantity(overhead?.[resource])]);
}

function amountOf(container: Container, list: "requests" | "limits", resource: string): Quantity | undefined {
  return parseQuantity(container.resources?.[list]?.[resource]);
}

function sum(quantities: readonly (Quantity | undefined)[]): Quantity | undefined {
  return quantities.reduce(
    (a, b) => (a === undefined ? b : b === undefined ? a : addQuantities(a, b)),
    undefined,
  );
}

function largest(a: Quantity | undefined, b: Quantity | undefined): Quantity | undefined {
  if (a === undefined || b === undefined) return a ?? b;
  return compareQuantities(a, b) < 0 ? b : a;
}
