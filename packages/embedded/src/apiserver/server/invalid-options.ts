import type { FieldError } from "../registry/resource-definition.ts";
import { type ApiError, invalid } from "./api-error.ts";

export type OptionsKind =
  | "ListOptions"
  | "CreateOptions"
  | "UpdateOptions"
  | "PatchOptions"
  | "DeleteOptions";

const BY_VERB: Readonly<Record<string, OptionsKind>> = {
  create: "CreateOptions",
  update: "UpdateOptions",
  patch: "PatchOptions",
};

/** The options that a write of this verb has. */
export function optionsOf(verb: string): OptionsKind {
  return BY_VERB[verb] ?? "DeleteOptions";
}

/** 422 for one member of a request's query or options. */
export function invalidOption(
  kind: OptionsKind,
  field: string,
  reason: FieldError["reason"],
  message: string,
): ApiError {
  return invalid({ group: "meta.k8s.io", kind }, "", [{ field, reason, message }]);
}
