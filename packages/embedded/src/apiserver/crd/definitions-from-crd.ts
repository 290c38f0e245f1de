import type { PrinterColumn, ResourceDefinition, ResourceStrategy } from "../registry/resource-definition.ts";
import { ApiError } from "../server/api-error.ts";
import { conversionOf } from "./crd-conversion.ts";
import {
  type CrdColumn,
  type CrdVersion,
  type CustomResourceDefinition,
  storageVersion,
} from "./custom-resource-definition.ts";

/** Objects of a definition that is going away are only deleted. */
const TERMINATING: ResourceStrategy = {
  generation: true,
  prepareCreate() {
    throw new ApiError(
      "MethodNotAllowed",
      "create not allowed while custom resource definition is terminating",
    );
  },
};

/** What a CustomResourceDefinition adds to the registry: a row for each version that it serves. */
export function definitionsFromCrd(crd: CustomResourceDefinition): readonly ResourceDefinition[] {
  const { spec, metadata } = crd;
  const { names } = spec;
  const strategy = metadata.deletionTimestamp === undefined ? { generation: true } : TERMINATING;
  const shared = {
    group: spec.group,
    kind: names.kind,
    listKind: names.listKind ?? `${names.kind}List`,
    plural: names.plural,
    singular: names.singular ?? names.kind.toLowerCase(),
    shortNames: names.shortNames ?? [],
    categories: names.categories ?? [],
    namespaced: spec.scope === "Namespaced",
    storage: { group: spec.group, version: storageVersion(spec) },
    conversion: conversionOf(crd),
    custom: true,
    strategy,
  } as const;
  return spec.versions
    .filter((version) => version.served)
    .map((version) => ({ ...shared, ...versionRow(crd, version) }));
}

function versionRow(
  { spec }: CustomResourceDefinition,
  version: CrdVersion,
): Pick<
  ResourceDefinition,
  "version" | "schema" | "columns" | "subresources" | "selectableFields" | "deprecationWarning"
> {
  const { status, scale } = version.subresources ?? {};
  const apiVersion = `${spec.group}/${version.name}`;
  return {
    version: version.name,
    schema: version.schema?.openAPIV3Schema ?? {
      type: "object",
      "x-kubernetes-preserve-unknown-fields": true,
    },
    columns: (version.additionalPrinterColumns ?? []).map(column),
    subresources: {
      ...(status === undefined ? {} : { status: true }),
      ...(scale === undefined ? {} : { scale }),
    },
    selectableFields: (version.selectableFields ?? []).map(({ jsonPath }) => jsonPath.replace(/^\./, "")),
    ...(version.deprecated === true
      ? { deprecationWarning: version.deprecationWarning ?? `${apiVersion} ${spec.names.kind} is deprecated` }
      : {}),
  };
}

function column({ name, type, jsonPath, format, description, priority }: CrdColumn): PrinterColumn {
  return {
    name,
    type,
    jsonPath,
    ...(format === undefined ? {} : { format }),
    ...(description === undefined ? {} : { description }),
    ...(priority === undefined ? {} : { priority }),
  };
}
