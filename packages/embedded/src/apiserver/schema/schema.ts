/**
 * The one form in which the API server knows the shape of an object, built-in kinds and custom resources alike:
 * JSON Schema as Kubernetes writes it into OpenAPI v3, `x-kubernetes-*` extensions included. Built-in types refer to
 * each other by `$ref`; `SchemaTable` resolves the names. Custom resources have no `$ref`.
 */
export interface Schema {
  /** Name of a type in the table, as in `io.k8s.api.core.v1.PodSpec`. Other members are then absent, but for `default`. */
  $ref?: string;
  type?: "object" | "array" | "string" | "integer" | "number" | "boolean";
  format?: string;
  description?: string;
  nullable?: boolean;
  default?: unknown;
  enum?: unknown[];
  pattern?: string;
  minLength?: number;
  maxLength?: number;
  minimum?: number;
  maximum?: number;
  exclusiveMinimum?: boolean;
  exclusiveMaximum?: boolean;
  multipleOf?: number;
  minItems?: number;
  maxItems?: number;
  uniqueItems?: boolean;
  minProperties?: number;
  maxProperties?: number;
  required?: string[];
  properties?: Record<string, Schema>;
  additionalProperties?: Schema | boolean;
  items?: Schema;
  allOf?: Schema[];
  anyOf?: Schema[];
  oneOf?: Schema[];
  not?: Schema;
  "x-kubernetes-preserve-unknown-fields"?: boolean;
  "x-kubernetes-embedded-resource"?: boolean;
  "x-kubernetes-int-or-string"?: boolean;
  "x-kubernetes-list-type"?: "atomic" | "set" | "map";
  "x-kubernetes-list-map-keys"?: string[];
  "x-kubernetes-map-type"?: "atomic" | "granular";
  "x-kubernetes-patch-merge-key"?: string;
  /** `merge`, `replace`, `retainKeys` or two of them joined by a comma. */
  "x-kubernetes-patch-strategy"?: string;
  "x-kubernetes-validations"?: ValidationRule[];
}

/** One CEL rule of a custom resource's schema. */
export interface ValidationRule {
  rule: string;
  message?: string;
  messageExpression?: string;
  reason?: string;
  fieldPath?: string;
  optionalOldSelf?: boolean;
}

/** Resolves the names in `$ref`. */
export interface SchemaTable {
  /** @throws Error if the table has no such type. */
  resolve(name: string): Schema;
}

/** Follows `$ref` to the schema itself. */
export function resolveSchema(schema: Schema, table: SchemaTable): Schema {
  return schema.$ref === undefined ? schema : table.resolve(schema.$ref);
}
