import type { ResourceEntry } from "./resource-entry.ts";

export interface DiscoveredVersion {
  readonly version: string;
  readonly entries: readonly ResourceEntry[];
}

export interface DiscoveredGroup {
  /** "" for core. */
  readonly name: string;
  /** The preferred one first. */
  readonly versions: readonly DiscoveredVersion[];
}

const KUBE_VERSION = /^v(\d+)(?:(alpha|beta)(\d+))?$/;
const STAGES = ["alpha", "beta", undefined];

/** Groups as discovery lists them: core first, then by name; versions from the most stable to the least. */
export function groupEntries(entries: readonly ResourceEntry[]): readonly DiscoveredGroup[] {
  const groups = new Map<string, Map<string, ResourceEntry[]>>();
  for (const entry of entries) {
    const versions = groups.get(entry.group) ?? new Map<string, ResourceEntry[]>();
    groups.set(entry.group, versions);
    const list = versions.get(entry.version) ?? [];
    versions.set(entry.version, list);
    list.push(entry);
  }
  return [...groups]
    .toSorted(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, versions]) => ({
      name,
      versions: [...versions]
        .toSorted(([a], [b]) => compareVersions(a, b))
        .map(([version, list]) => ({ version, entries: list.toSorted(byName) })),
    }));
}

/** Orders as Kubernetes does: v2, v1, v1beta2, v1beta1, v1alpha1, then anything else by the alphabet. */
export function compareVersions(a: string, b: string): number {
  const [left, right] = [KUBE_VERSION.exec(a), KUBE_VERSION.exec(b)];
  if (left === null || right === null) return left === right ? (a < b ? -1 : 1) : left === null ? 1 : -1;
  return (
    STAGES.indexOf(right[2]) - STAGES.indexOf(left[2]) ||
    Number(right[1]) - Number(left[1]) ||
    Number(right[3] ?? 0) - Number(left[3] ?? 0)
  );
}

function byName(a: ResourceEntry, b: ResourceEntry): number {
  const [left, right] = [a, b].map((entry) => `${entry.resource}/${entry.subresource ?? ""}`);
  return left === right ? 0 : (left ?? "") < (right ?? "") ? -1 : 1;
}
