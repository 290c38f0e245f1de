import type { KubeObject } from "@sandgate/contract";
import {
  ENDPOINT_SLICE_COLUMNS,
  NETWORK_POLICY_COLUMNS,
  SERVICE_COLUMNS,
} from "./columns/network-columns.ts";
import { EVENT_COLUMNS, NEW_EVENT_COLUMNS } from "./columns/event-columns.ts";
import { NODE_COLUMNS } from "./columns/node-columns.ts";
import { POD_COLUMNS } from "./columns/pod-columns.ts";
import { CLAIM_COLUMNS, QUOTA_COLUMNS } from "./columns/storage-columns.ts";
import {
  CONFIG_MAP_COLUMNS,
  CRD_COLUMNS,
  LEASE_COLUMNS,
  NAMESPACE_COLUMNS,
  RUNTIME_CLASS_COLUMNS,
  SECRET_COLUMNS,
  SERVICE_ACCOUNT_COLUMNS,
} from "./columns/other-columns.ts";
import type { JsonObject } from "../patch/json-value.ts";
import { canonicalize } from "./canonical-object.ts";
import type { PrinterColumn, ResourceDefinition, ResourceStrategy } from "./resource-definition.ts";
import { CONFIG_MAP_STRATEGY } from "./strategies/config-map.ts";
import { ENDPOINT_SLICE_STRATEGY } from "./strategies/endpoint-slice.ts";
import { EVENT_STRATEGY, NEW_EVENT_STRATEGY } from "./strategies/event.ts";
import { LEASE_STRATEGY } from "./strategies/lease.ts";
import { NAMESPACE_STRATEGY } from "./strategies/namespace.ts";
import { NETWORK_POLICY_STRATEGY } from "./strategies/network-policy.ts";
import { CLAIM_STRATEGY } from "./strategies/persistent-volume-claim.ts";
import { POD_STRATEGY } from "./strategies/pod.ts";
import { QUOTA_STRATEGY } from "./strategies/resource-quota.ts";
import { RUNTIME_CLASS_STRATEGY } from "./strategies/runtime-class.ts";
import { SECRET_STRATEGY } from "./strategies/secret.ts";
import { type ServiceAddresses, serviceStrategy } from "./strategies/service.ts";
import { openApiTypeName, typeOfKind } from "../tables/kubernetes-types.ts";

export interface BuiltInOptions {
  /** Where Services get their cluster IPs; without it, from 10.96.0.0/16 by chance. */
  readonly serviceAddresses?: ServiceAddresses;
  /** What CustomResourceDefinitions do; without it they are kept and nothing comes of them. */
  readonly customResourceDefinitions?: ResourceStrategy;
}

interface BuiltInRow {
  readonly group?: string;
  readonly kind: string;
  readonly plural: string;
  readonly shortNames?: readonly string[];
  readonly categories?: readonly string[];
  readonly clusterScoped?: true;
  readonly status?: true;
  readonly other?: readonly string[];
  /** Group in which objects are stored if it is not the row's own. */
  readonly storedIn?: string;
  readonly columns: readonly PrinterColumn[];
  readonly selectableFields?: readonly string[];
  readonly strategy?: ResourceStrategy;
}

const EVENT_TARGET = ["kind", "namespace", "name", "uid", "apiVersion", "resourceVersion", "fieldPath"];

/** The kinds that are served without a CustomResourceDefinition, all of them in version `v1`. */
export function createBuiltInDefinitions(options: BuiltInOptions = {}): readonly ResourceDefinition[] {
  const addresses = options.serviceAddresses ?? { range: "10.96", inUse: () => false };
  return rows(addresses, options.customResourceDefinitions).map(definition);
}

function rows(
  addresses: ServiceAddresses,
  customResourceDefinitions: ResourceStrategy = { generation: true },
): readonly BuiltInRow[] {
  return [
    {
      kind: "ConfigMap",
      plural: "configmaps",
      shortNames: ["cm"],
      columns: CONFIG_MAP_COLUMNS,
      strategy: CONFIG_MAP_STRATEGY,
    },
    {
      kind: "Event",
      plural: "events",
      shortNames: ["ev"],
      columns: EVENT_COLUMNS,
      strategy: EVENT_STRATEGY,
      selectableFields: [
        ...EVENT_TARGET.map((field) => `involvedObject.${field}`),
        "reason",
        "reportingComponent",
        "source",
        "type",
      ],
    },
    {
      kind: "Namespace",
      plural: "namespaces",
      shortNames: ["ns"],
      clusterScoped: true,
      status: true,
      other: ["finalize"],
      columns: NAMESPACE_COLUMNS,
      selectableFields: ["status.phase"],
      strategy: NAMESPACE_STRATEGY,
    },
    {
      kind: "Node",
      plural: "nodes",
      shortNames: ["no"],
      clusterScoped: true,
      status: true,
      columns: NODE_COLUMNS,
      selectableFields: ["spec.unschedulable"],
    },
    {
      kind: "PersistentVolumeClaim",
      plural: "persistentvolumeclaims",
      shortNames: ["pvc"],
      status: true,
      columns: CLAIM_COLUMNS,
      strategy: CLAIM_STRATEGY,
    },
    {
      kind: "Pod",
      plural: "pods",
      shortNames: ["po"],
      categories: ["all"],
      status: true,
      other: ["attach", "binding", "eviction", "exec", "log", "portforward"],
      columns: POD_COLUMNS,
      selectableFields: [
        "spec.nodeName",
        "spec.restartPolicy",
        "spec.schedulerName",
        "spec.serviceAccountName",
        "spec.hostNetwork",
        "status.phase",
        "status.podIP",
        "status.podIPs",
        "status.nominatedNodeName",
      ],
      strategy: POD_STRATEGY,
    },
    {
      kind: "ResourceQuota",
      plural: "resourcequotas",
      shortNames: ["quota"],
      status: true,
      columns: QUOTA_COLUMNS,
      strategy: QUOTA_STRATEGY,
    },
    {
      kind: "Secret",
      plural: "secrets",
      columns: SECRET_COLUMNS,
      selectableFields: ["type"],
      strategy: SECRET_STRATEGY,
    },
    {
      kind: "ServiceAccount",
      plural: "serviceaccounts",
      shortNames: ["sa"],
      other: ["token"],
      columns: SERVICE_ACCOUNT_COLUMNS,
    },
    {
      kind: "Service",
      plural: "services",
      shortNames: ["svc"],
      categories: ["all"],
      status: true,
      columns: SERVICE_COLUMNS,
      selectableFields: ["spec.clusterIP", "spec.type"],
      strategy: serviceStrategy(addresses),
    },
    {
      group: "events.k8s.io",
      kind: "Event",
      plural: "events",
      shortNames: ["ev"],
      storedIn: "",
      columns: NEW_EVENT_COLUMNS,
      strategy: NEW_EVENT_STRATEGY,
      selectableFields: [
        ...EVENT_TARGET.map((field) => `regarding.${field}`),
        "reason",
        "reportingController",
        "type",
      ],
    },
    {
      group: "coordination.k8s.io",
      kind: "Lease",
      plural: "leases",
      columns: LEASE_COLUMNS,
      strategy: LEASE_STRATEGY,
    },
    {
      group: "discovery.k8s.io",
      kind: "EndpointSlice",
      plural: "endpointslices",
      columns: ENDPOINT_SLICE_COLUMNS,
      strategy: ENDPOINT_SLICE_STRATEGY,
    },
    {
      group: "networking.k8s.io",
      kind: "NetworkPolicy",
      plural: "networkpolicies",
      shortNames: ["netpol"],
      columns: NETWORK_POLICY_COLUMNS,
      strategy: NETWORK_POLICY_STRATEGY,
    },
    {
      group: "node.k8s.io",
      kind: "RuntimeClass",
      plural: "runtimeclasses",
      clusterScoped: true,
      columns: RUNTIME_CLASS_COLUMNS,
      strategy: RUNTIME_CLASS_STRATEGY,
    },
    {
      group: "apiextensions.k8s.io",
      kind: "CustomResourceDefinition",
      plural: "customresourcedefinitions",
      shortNames: ["crd", "crds"],
      categories: ["api-extensions"],
      clusterScoped: true,
      status: true,
      columns: CRD_COLUMNS,
      strategy: customResourceDefinitions,
    },
  ];
}

function definition(row: BuiltInRow): ResourceDefinition {
  const { group = "", kind, plural } = row;
  const type = typeOfKind(group, "v1", kind);
  if (type === undefined) throw new Error(`the type table has no kind ${group}/v1 ${kind}`);
  return {
    group,
    version: "v1",
    kind,
    listKind: `${kind}List`,
    plural,
    singular: kind.toLowerCase(),
    shortNames: row.shortNames ?? [],
    categories: row.categories ?? [],
    namespaced: row.clusterScoped !== true,
    storage: { group: row.storedIn ?? group, version: "v1" },
    schema: { $ref: openApiTypeName(type) },
    columns: row.columns,
    subresources: {
      ...(row.status === true ? { status: true } : {}),
      ...(row.other === undefined ? {} : { other: row.other }),
    },
    custom: false,
    selectableFields: row.selectableFields ?? [],
    strategy: canonicalFirst(type, row.strategy ?? {}),
  };
}

/** Strategies see, and the store gets, objects in their one form and with what absent members mean. */
function canonicalFirst(type: string, strategy: ResourceStrategy): ResourceStrategy {
  return {
    ...strategy,
    defaults(object: KubeObject) {
      canonicalize(object as KubeObject & JsonObject, type);
      strategy.defaults?.(object);
    },
  };
}
