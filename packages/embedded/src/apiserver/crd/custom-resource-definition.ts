import type { Condition, KubeObject } from "@sandgate/contract";
import type { PrinterColumn, ScalePaths } from "../registry/resource-definition.ts";
import type { Schema } from "../schema/schema.ts";

/** CustomResourceDefinition of apiextensions.k8s.io/v1, as validation has found it good. */
export interface CustomResourceDefinition extends KubeObject {
  spec: CrdSpec;
  status?: CrdStatus;
}

export interface CrdSpec {
  group: string;
  names: CrdNames;
  scope: "Namespaced" | "Cluster";
  versions: CrdVersion[];
  conversion?: CrdConversion;
  preserveUnknownFields?: boolean;
}

export interface CrdNames {
  plural: string;
  singular?: string;
  kind: string;
  listKind?: string;
  shortNames?: string[];
  categories?: string[];
}

export interface CrdVersion {
  name: string;
  served: boolean;
  storage: boolean;
  deprecated?: boolean;
  deprecationWarning?: string;
  schema?: { openAPIV3Schema?: Schema };
  subresources?: { status?: object; scale?: ScalePaths };
  additionalPrinterColumns?: CrdColumn[];
  selectableFields?: { jsonPath: string }[];
}

export interface CrdColumn {
  name: string;
  type: PrinterColumn["type"];
  jsonPath: string;
  format?: string;
  description?: string;
  priority?: number;
}

export interface CrdConversion {
  strategy: "None" | "Webhook";
  webhook?: {
    conversionReviewVersions: string[];
    clientConfig?: {
      url?: string;
      service?: { namespace: string; name: string; path?: string; port?: number };
      /** PEM, in base64. */
      caBundle?: string;
    };
  };
}

export interface CrdStatus {
  conditions?: Condition[];
  acceptedNames?: CrdNames;
  storedVersions?: string[];
}

/** Where CustomResourceDefinitions are stored. */
export const CRD_BUCKET = "apiextensions.k8s.io/customresourcedefinitions";

/** Keeps a CustomResourceDefinition until its objects are gone. */
export const CRD_FINALIZER = "customresourcecleanup.apiextensions.k8s.io";

/** The version in which a definition's objects are stored. */
export function storageVersion({ versions }: CrdSpec): string {
  return versions.find((version) => version.storage)?.name ?? versions[0]?.name ?? "";
}
