import type { KubeObject, PersistentVolumeClaim } from "@sandgate/contract";
import type { PrinterColumn } from "../resource-definition.ts";
import { AGE, NAME, column } from "./basic-columns.ts";

type Claim = PersistentVolumeClaim & { spec?: { volumeAttributesClassName?: string } };

interface Quota extends KubeObject {
  status?: { hard?: Record<string, string>; used?: Record<string, string> };
}

const ACCESS_MODES = [
  ["ReadWriteOnce", "RWO"],
  ["ReadOnlyMany", "ROX"],
  ["ReadWriteMany", "RWX"],
  ["ReadWriteOncePod", "RWOP"],
] as const;

export const CLAIM_COLUMNS: readonly PrinterColumn[] = [
  NAME,
  column<Claim>("Status", (claim) =>
    claim.metadata.deletionTimestamp === undefined ? (claim.status?.phase ?? "") : "Terminating",
  ),
  column<Claim>("Volume", (claim) => claim.spec?.volumeName ?? ""),
  column<Claim>("Capacity", (claim) => (isBound(claim) ? (claim.status?.capacity?.["storage"] ?? "0") : "")),
  column<Claim>("Access Modes", (claim) => {
    const modes = isBound(claim) ? (claim.status?.accessModes ?? []) : [];
    return ACCESS_MODES.flatMap(([mode, short]) => (modes.includes(mode) ? [short] : [])).join(",");
  }),
  column<Claim>("StorageClass", (claim) => claim.spec?.storageClassName ?? ""),
  column<Claim>("VolumeAttributesClass", (claim) => claim.spec?.volumeAttributesClassName ?? "<unset>"),
  AGE,
  column<Claim>("VolumeMode", (claim) => claim.spec?.volumeMode ?? "<unset>", 1),
];

export const QUOTA_COLUMNS: readonly PrinterColumn[] = [
  NAME,
  column<Quota>("Request", (quota) => usage(quota, false)),
  column<Quota>("Limit", (quota) => usage(quota, true)),
  AGE,
];

function isBound(claim: Claim): boolean {
  return (claim.spec?.volumeName ?? "") !== "";
}

function usage(quota: Quota, limits: boolean): string {
  const { hard = {}, used = {} } = quota.status ?? {};
  return Object.keys(hard)
    .filter((resource) => resource.startsWith("limits.") === limits)
    .toSorted()
    .map((resource) => `${resource}: ${used[resource] ?? "0"}/${hard[resource]}`)
    .join(", ");
}
