import type { ResourceDefinition } from "../registry/resource-definition.ts";

/**
 * The name under which a kind's schema is published: the built-in type's own, or the reversed group, the version and
 * the kind of a custom resource (`io.x-k8s.agents.v1beta1.Sandbox`).
 */
export function schemaName({ group, version, kind, schema, custom }: ResourceDefinition): string {
  if (!custom && schema.$ref !== undefined) return schema.$ref;
  return [...group.split(".").toReversed(), version, kind].join(".");
}
