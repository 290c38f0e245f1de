import type { ConfigMap, Lease, Namespace, RuntimeClass, Secret } from "@sandgate/contract";
import type { PrinterColumn } from "../resource-definition.ts";
import { AGE, NAME, column } from "./basic-columns.ts";

export const NAMESPACE_COLUMNS: readonly PrinterColumn[] = [
  NAME,
  column<Namespace>("Status", (namespace) => namespace.status?.phase ?? ""),
  AGE,
];

export const SECRET_COLUMNS: readonly PrinterColumn[] = [
  NAME,
  column<Secret>("Type", (secret) => secret.type ?? ""),
  column<Secret>("Data", (secret) => Object.keys(secret.data ?? {}).length),
  AGE,
];

export const CONFIG_MAP_COLUMNS: readonly PrinterColumn[] = [
  NAME,
  column<ConfigMap>(
    "Data",
    ({ data, binaryData }) => Object.keys(data ?? {}).length + Object.keys(binaryData ?? {}).length,
  ),
  AGE,
];

export const SERVICE_ACCOUNT_COLUMNS: readonly PrinterColumn[] = [NAME, AGE];

export const LEASE_COLUMNS: readonly PrinterColumn[] = [
  NAME,
  column<Lease>("Holder", (lease) => lease.spec?.holderIdentity ?? ""),
  AGE,
];

export const RUNTIME_CLASS_COLUMNS: readonly PrinterColumn[] = [
  NAME,
  column<RuntimeClass>("Handler", (runtimeClass) => runtimeClass.handler),
  AGE,
];

export const CRD_COLUMNS: readonly PrinterColumn[] = [
  NAME,
  { ...column("Created At", (object) => object.metadata.creationTimestamp ?? ""), type: "date" },
];
