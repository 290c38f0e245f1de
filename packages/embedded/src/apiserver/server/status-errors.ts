import type { StatusDetails } from "@sandgate/contract";
import type { ResourceDefinition } from "../registry/resource-definition.ts";
import { ApiError } from "./api-error.ts";

type Kind = Pick<ResourceDefinition, "group" | "plural">;

/** `sandboxes.agents.x-k8s.io`, or `pods`. */
export function qualifiedResource({ group, plural }: Kind): string {
  return group === "" ? plural : `${plural}.${group}`;
}

function detailsOf({ group, plural }: Kind, name: string): StatusDetails {
  return { name, ...(group === "" ? {} : { group }), kind: plural };
}

export function notFound(kind: Kind, name: string): ApiError {
  return new ApiError("NotFound", `${qualifiedResource(kind)} "${name}" not found`, detailsOf(kind, name));
}

export function alreadyExists(kind: Kind, name: string): ApiError {
  return new ApiError(
    "AlreadyExists",
    `${qualifiedResource(kind)} "${name}" already exists`,
    detailsOf(kind, name),
  );
}

export function conflict(kind: Kind, name: string, why: string): ApiError {
  return new ApiError(
    "Conflict",
    `Operation cannot be fulfilled on ${qualifiedResource(kind)} "${name}": ${why}`,
    detailsOf(kind, name),
  );
}

/** The conflict of a write that was made from an older state. */
export function modified(kind: Kind, name: string): ApiError {
  return conflict(
    kind,
    name,
    "the object has been modified; please apply your changes to the latest version and try again",
  );
}

export function forbidden(kind: Kind, name: string, why: string): ApiError {
  return new ApiError(
    "Forbidden",
    `${qualifiedResource(kind)} "${name}" is forbidden: ${why}`,
    detailsOf(kind, name),
  );
}

export function noSuchResource(): ApiError {
  return new ApiError("NotFound", "the server could not find the requested resource", {});
}

export function methodNotAllowed(): ApiError {
  return new ApiError(
    "MethodNotAllowed",
    "the server does not allow this method on the requested resource",
    {},
  );
}
