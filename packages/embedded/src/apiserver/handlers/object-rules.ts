import type { KubeObject } from "@sandgate/contract";
import { apiVersionOf, type ResourceDefinition } from "../registry/resource-definition.ts";
import { recordUpdate } from "../patch/index.ts";
import { applyDefaults } from "../schema/apply-defaults.ts";
import { pruneUnknown } from "../schema/prune-unknown.ts";
import { validateObject } from "../schema/validate-object.ts";
import { ApiError, invalid } from "../server/api-error.ts";
import type { ApiRequest } from "../server/api-request.ts";
import { invalidOption, optionsOf } from "../server/invalid-options.ts";
import type { AnyObject } from "../storage/entry.ts";
import { type Api } from "./api.ts";
import { decodeFields } from "./decode-fields.ts";

const OBJECT_META = "io.k8s.apimachinery.pkg.apis.meta.v1.ObjectMeta";

/** How a write treats members that the kind does not have, and members given twice. */
type FieldValidation = "Ignore" | "Warn" | "Strict";

function fieldValidationOf({ query, info }: ApiRequest): FieldValidation {
  const value = query.get("fieldValidation") ?? "";
  if (value === "") return "Warn";
  if (value === "Ignore" || value === "Warn" || value === "Strict") return value;
  throw invalidOption(
    optionsOf(info.verb),
    "fieldValidation",
    "FieldValueNotSupported",
    `Unsupported value: "${value}": supported values: "", "Ignore", "Strict", "Warn"`,
  );
}

/** Tells the client of what is not kept of its body, in the way it asked for. */
export function reportDropped(request: ApiRequest, problems: readonly string[]): void {
  const validation = fieldValidationOf(request);
  if (validation === "Ignore" || problems.length === 0) return;
  if (validation === "Warn") {
    request.warnings.push(...problems);
    return;
  }
  const { kind, version } = request.definition;
  throw new ApiError(
    "BadRequest",
    `${kind} in version "${version}" cannot be handled as a ${kind}: strict decoding error: ${problems.join(", ")}`,
  );
}

/** A body, or the outcome of a patch, as an object of its kind. */
export interface Decoded {
  readonly object: AnyObject;
  /** What was dropped of it, in words for the client. */
  readonly problems: readonly string[];
}

/** Reads an object of the kind that the URL names. @throws ApiError 400. */
export function decodeObject(
  api: Api,
  value: unknown,
  definition: ResourceDefinition,
  duplicates: readonly string[] = [],
): Decoded {
  const object = asObject(value, definition);
  const unknown: string[] = [];
  const { types } = api.registry;
  try {
    // A custom resource's own fields are judged by its schema later on.
    if (definition.custom) {
      decodeFields(object.metadata, { $ref: OBJECT_META }, types, "metadata", unknown);
      unknown.push(...pruneUnknown(object, definition.schema, types));
    } else decodeFields(object, definition.schema, types, "", unknown);
  } catch (error) {
    if (!(error instanceof ApiError)) throw error;
    const { kind, version } = definition;
    throw new ApiError(
      error.reason,
      `${kind} in version "${version}" cannot be handled as a ${kind}: ${error.message}`,
    );
  }
  return {
    object,
    problems: [
      ...duplicates.map((path) => `duplicate field "${path}"`),
      ...unknown.map((path) => `unknown field "${path}"`),
    ],
  };
}

/** Checks the types of an object's metadata, which the server looks into before anything else. @throws ApiError 400. */
export function checkMetadata(api: Api, object: AnyObject): void {
  decodeFields(structuredClone(object.metadata), { $ref: OBJECT_META }, api.registry.types, "metadata", []);
}

/** Checks that a value is an object that calls itself of this kind. @throws ApiError 400. */
export function asObject(value: unknown, definition: ResourceDefinition): AnyObject {
  if (typeof value !== "object" || value === null || Array.isArray(value)) {
    throw new ApiError("BadRequest", `the body is not an object of kind ${definition.kind}`);
  }
  const given = value as Partial<AnyObject>;
  const apiVersion = given.apiVersion ?? apiVersionOf(definition);
  const kind = given.kind ?? definition.kind;
  if (apiVersion !== apiVersionOf(definition)) {
    throw new ApiError(
      "BadRequest",
      `the API version in the data (${apiVersion}) does not match the expected API version (${apiVersionOf(definition)})`,
    );
  }
  if (kind !== definition.kind) {
    throw new ApiError(
      "BadRequest",
      `${kind} in version "${definition.version}" cannot be handled as a ${definition.kind}`,
    );
  }
  const metadata = given.metadata ?? {};
  if (typeof metadata !== "object" || Array.isArray(metadata)) {
    throw new ApiError("BadRequest", "metadata is not an object");
  }
  // In this order people read it, whatever order it came in.
  const { apiVersion: _, kind: __, metadata: ___, ...rest } = given;
  return { apiVersion, kind, metadata, ...rest };
}

/** Sets what absent members mean, in place: a custom resource's schema says it, and the strategy of a built-in kind. */
export function setDefaults(api: Api, object: KubeObject, definition: ResourceDefinition): void {
  if (definition.custom) applyDefaults(object, definition.schema, api.registry.types);
  definition.strategy.defaults?.(object);
}

/** @throws ApiError 422 naming every field that is wrong. */
export function validate(
  api: Api,
  object: KubeObject,
  previous: KubeObject | undefined,
  definition: ResourceDefinition,
): void {
  const { types } = api.registry;
  const errors = [
    ...validateObject({ object, previous, definition, types }),
    ...(definition.strategy.validate?.(object, previous) ?? []),
  ];
  if (errors.length > 0) throw invalid(definition, object.metadata.name ?? "", errors);
}

/** Notes in `next.metadata.managedFields` who has changed what. */
export function recordManager(
  api: Api,
  next: KubeObject,
  previous: KubeObject | undefined,
  definition: ResourceDefinition,
  manager: string,
  subresource: string | undefined,
): void {
  recordUpdate({
    previous,
    next,
    definition,
    types: api.registry.types,
    manager,
    subresource,
    nowMs: api.now(),
  });
}
