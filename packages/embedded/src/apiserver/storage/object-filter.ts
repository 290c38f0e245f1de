import {
  type KubeObject,
  type LabelSelector,
  LabelSelectorError,
  matchesLabels,
  parseLabelSelector,
} from "@sandgate/contract";
import type { ResourceDefinition } from "../registry/resource-definition.ts";
import { ApiError } from "../server/api-error.ts";
import { type Entry } from "./entry.ts";
import { type FieldRequirement, parseFieldSelector } from "./field-selector.ts";

/** What a list or watch wants to see of one kind. */
export interface ObjectFilter {
  readonly namespace: string | undefined;
  /** Set where the selector pins one name: a list is then one look-up. */
  readonly name: string | undefined;
  /** Whether a selector besides the namespace is set. */
  readonly selective: boolean;
  /** Whether fields are asked for that only the object's text has; they are of the requested version. */
  readonly fields: readonly FieldRequirement[];
  matchesMetadata(entry: Entry): boolean;
  /** For `fields`, on an object of the requested version. */
  matchesFields(object: KubeObject): boolean;
}

export interface FilterOptions {
  readonly namespace: string | undefined;
  readonly name: string | undefined;
  readonly labelSelector: string | null;
  readonly fieldSelector: string | null;
}

/** @throws ApiError 400 for a selector that is not understood or names a field that is no selector. */
export function createObjectFilter(definition: ResourceDefinition, options: FilterOptions): ObjectFilter {
  const labels = readLabelSelector(options.labelSelector ?? "");
  let { name } = options;
  const metadata: FieldRequirement[] = [];
  const fields: FieldRequirement[] = [];
  const selectable = new Set(definition.selectableFields.map((path) => path.replace(/^\./, "")));
  for (const requirement of parseFieldSelector(options.fieldSelector ?? "")) {
    if (requirement.path === "metadata.name" || requirement.path === "metadata.namespace") {
      metadata.push(requirement);
      if (requirement.path === "metadata.name" && requirement.equal) name ??= requirement.value;
    } else if (selectable.has(requirement.path)) fields.push(requirement);
    else throw new ApiError("BadRequest", `field label not supported: ${requirement.path}`);
  }
  if (options.name !== undefined) metadata.push({ path: "metadata.name", equal: true, value: options.name });
  const { namespace } = options;

  return {
    namespace,
    name,
    selective: labels.length > 0 || metadata.length > 0 || fields.length > 0,
    fields,
    matchesMetadata: (entry) =>
      (namespace === undefined || entry.namespace === namespace) &&
      (labels.length === 0 || matchesLabels(labels, entry.labels)) &&
      metadata.every(
        ({ path, equal, value }) =>
          ((path === "metadata.name" ? entry.name : (entry.namespace ?? "")) === value) === equal,
      ),
    matchesFields: (object) =>
      fields.every(({ path, equal, value }) => (fieldText(object, path) === value) === equal),
  };
}

function readLabelSelector(text: string): LabelSelector {
  try {
    return parseLabelSelector(text);
  } catch (error) {
    if (error instanceof LabelSelectorError) throw new ApiError("BadRequest", error.message);
    throw error;
  }
}

function fieldText(object: KubeObject, path: string): string {
  let value: unknown = object;
  for (const part of path.split(".")) {
    value =
      typeof value === "object" && value !== null ? (value as Record<string, unknown>)[part] : undefined;
  }
  if (typeof value === "string") return value;
  if (typeof value === "number" || typeof value === "boolean") return String(value);
  return "";
}
