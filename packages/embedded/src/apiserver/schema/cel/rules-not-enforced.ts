import type { Schema } from "../schema.ts";
import { prepareRule } from "./prepare-rule.ts";

export interface OpenRule {
  /** Where the rule stands, as in `spec.versions[0].schema.openAPIV3Schema.x-kubernetes-validations[0].rule`. */
  readonly path: string;
  readonly why: string;
}

interface Version {
  readonly schema?: { readonly openAPIV3Schema?: Schema };
}

/** The rules of a definition's schemas that cannot be checked here. The versions may be anything a client has sent. */
export function rulesNotEnforced(versions: readonly Version[]): readonly OpenRule[] {
  const open: OpenRule[] = [];
  for (const [index, version] of versions.entries()) {
    const schema = version?.schema?.openAPIV3Schema;
    if (typeof schema === "object" && schema !== null) {
      collect(open, schema, `spec.versions[${index}].schema.openAPIV3Schema`);
    }
  }
  return open;
}

function collect(open: OpenRule[], schema: Schema, path: string): void {
  const rules = schema["x-kubernetes-validations"];
  if (Array.isArray(rules)) {
    for (const [index, rule] of rules.entries()) {
      if (typeof rule?.rule !== "string") continue;
      const prepared = prepareRule(rule);
      if (prepared.kind !== "open") continue;
      open.push({ path: `${path}.x-kubernetes-validations[${index}].rule`, why: prepared.why });
    }
  }
  for (const [name, property] of Object.entries(schema.properties ?? {})) {
    if (isSchema(property)) collect(open, property, `${path}.properties[${name}]`);
  }
  if (isSchema(schema.items)) collect(open, schema.items, `${path}.items`);
  if (isSchema(schema.additionalProperties)) {
    collect(open, schema.additionalProperties, `${path}.additionalProperties`);
  }
}

function isSchema(value: unknown): value is Schema {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
