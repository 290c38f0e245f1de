import { isJsonEqual } from "../patch/json-value.ts";
import type { KubeObject, ObjectMeta, OwnerReference } from "@sandgate/contract";
import { forbidden, invalidValue, required, tooLong } from "../registry/field-errors.ts";
import type { FieldError, ResourceDefinition } from "../registry/resource-definition.ts";
import { dnsLabel, dnsSubdomain, type NameRule } from "../registry/validation/names.ts";
import { labelKeyProblems, labelValueProblems } from "./label-form.ts";

const MOST_ANNOTATION_BYTES = 256 * 1024;
/** Kinds whose names have another form than most; their strategies say so. */
const NAMED_OTHERWISE = new Set(["/namespaces", "/services"]);
const IMMUTABLE = [
  "name",
  "namespace",
  "uid",
  "creationTimestamp",
  "deletionTimestamp",
  "deletionGracePeriodSeconds",
] as const;

/** Checks the metadata of an object of any kind; its members have the right types. */
export function validateMetadata(
  object: KubeObject,
  previous: KubeObject | undefined,
  definition: ResourceDefinition,
): FieldError[] {
  const { metadata } = object;
  const errors: FieldError[] = [];
  if (previous === undefined) {
    const rule = NAMED_OTHERWISE.has(`${definition.group}/${definition.plural}`) ? undefined : dnsSubdomain;
    validateNames(errors, metadata, rule, "metadata");
    validateNamespace(errors, metadata, definition);
    validateFinalizers(errors, metadata.finalizers ?? [], "metadata.finalizers");
  } else validateUpdate(errors, metadata, previous.metadata);
  validateTexts(errors, metadata, "metadata");
  return errors;
}

/** Checks the metadata of an object within an object (`x-kubernetes-embedded-resource`). */
export function validateEmbeddedMetadata(metadata: ObjectMeta, path: string): FieldError[] {
  const errors: FieldError[] = [];
  if (metadata.name !== undefined || metadata.generateName !== undefined) {
    validateNames(errors, { name: "x", ...metadata }, pathSegmentRule, path);
  }
  validateFinalizers(errors, metadata.finalizers ?? [], `${path}.finalizers`);
  validateTexts(errors, metadata, path);
  return errors;
}

function validateNames(
  errors: FieldError[],
  { name = "", generateName = "" }: ObjectMeta,
  rule: NameRule | undefined,
  path: string,
): void {
  if (generateName !== "" && rule !== undefined) {
    // What is appended makes a hyphen at the end good.
    const problem = rule(generateName.replace(/-+$/, "a"));
    if (problem !== undefined) errors.push(invalidValue(`${path}.generateName`, generateName, problem));
  }
  if (name === "") {
    errors.push(required(`${path}.name`, "name or generateName is required"));
    return;
  }
  const problem = rule?.(name);
  if (problem !== undefined) errors.push(invalidValue(`${path}.name`, name, problem));
}

function pathSegmentRule(text: string): string | undefined {
  if (text === "." || text === "..") return `may not be '${text}'`;
  if (text.includes("/")) return "may not contain '/'";
  return text.includes("%") ? "may not contain '%'" : undefined;
}

function validateNamespace(
  errors: FieldError[],
  { namespace = "" }: ObjectMeta,
  { namespaced }: ResourceDefinition,
): void {
  if (!namespaced) {
    if (namespace !== "") errors.push(forbidden("metadata.namespace", "not allowed on this type"));
    return;
  }
  if (namespace === "") errors.push(required("metadata.namespace"));
  else {
    const problem = dnsLabel(namespace);
    if (problem !== undefined) errors.push(invalidValue("metadata.namespace", namespace, problem));
  }
}

function validateFinalizers(errors: FieldError[], finalizers: readonly string[], path: string): void {
  for (const finalizer of finalizers) {
    for (const problem of labelKeyProblems(finalizer)) errors.push(invalidValue(path, finalizer, problem));
  }
  if (finalizers.includes("orphan") && finalizers.includes("foregroundDeletion")) {
    errors.push(invalidValue(path, finalizers, "finalizer orphan and foregroundDeletion cannot be both set"));
  }
}

function validateUpdate(errors: FieldError[], metadata: ObjectMeta, previous: ObjectMeta): void {
  if (previous.deletionTimestamp !== undefined) {
    const added = (metadata.finalizers ?? []).filter((each) => previous.finalizers?.includes(each) !== true);
    if (added.length > 0) {
      const names = added.toSorted().map((each) => JSON.stringify(each));
      errors.push(
        forbidden(
          "metadata.finalizers",
          `no new finalizers can be added if the object is being deleted, found new finalizers []string{${names.join(", ")}}`,
        ),
      );
    }
  }
  for (const field of IMMUTABLE) {
    if (metadata[field] === previous[field]) continue;
    errors.push(invalidValue(`metadata.${field}`, metadata[field] ?? "", "field is immutable"));
  }
  if (!isJsonEqual(metadata.finalizers ?? [], previous.finalizers ?? [])) {
    validateFinalizers(errors, metadata.finalizers ?? [], "metadata.finalizers");
  }
}

function validateTexts(errors: FieldError[], metadata: ObjectMeta, path: string): void {
  const { labels, annotations, ownerReferences } = metadata;
  for (const key in labels) {
    const value = labels[key] ?? "";
    for (const problem of labelKeyProblems(key)) errors.push(invalidValue(`${path}.labels`, key, problem));
    for (const problem of labelValueProblems(value))
      errors.push(invalidValue(`${path}.labels`, value, problem));
  }
  let bytes = 0;
  for (const key in annotations) {
    for (const problem of labelKeyProblems(key.toLowerCase())) {
      errors.push(invalidValue(`${path}.annotations`, key, problem));
    }
    bytes += Buffer.byteLength(key) + Buffer.byteLength(annotations[key] ?? "");
  }
  if (bytes > MOST_ANNOTATION_BYTES) errors.push(tooLong(`${path}.annotations`, MOST_ANNOTATION_BYTES));
  if (ownerReferences !== undefined) validateOwners(errors, ownerReferences, `${path}.ownerReferences`);
}

function validateOwners(errors: FieldError[], owners: readonly OwnerReference[], path: string): void {
  let controller: string | undefined;
  for (const owner of owners) {
    const version = owner.apiVersion.split("/").at(-1) ?? "";
    if (version === "") {
      errors.push(invalidValue(`${path}.apiVersion`, owner.apiVersion, "version must not be empty"));
    }
    for (const field of ["kind", "name", "uid"] as const) {
      if (owner[field] === "") errors.push(invalidValue(`${path}.${field}`, "", "must not be empty"));
    }
    if (owner.kind === "Event" && (owner.apiVersion === "v1" || owner.apiVersion === "events.k8s.io/v1")) {
      const group = owner.apiVersion === "v1" ? "/v1" : owner.apiVersion;
      errors.push(invalidValue(path, owner, `${group}, Kind=Event is disallowed from being an owner`));
    }
    if (owner.controller !== true) continue;
    const name = `${owner.kind}/${owner.name}`;
    if (controller !== undefined) {
      errors.push(
        invalidValue(
          path,
          owners,
          `Only one reference can have Controller set to true. Found "true" in references for ${controller} and ${name}`,
        ),
      );
    } else controller = name;
  }
}
