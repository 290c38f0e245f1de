import type { Schema } from "../schema/schema.ts";
import { tableType } from "../tables/kubernetes-types.ts";
import { describeField, describeType } from "./descriptions.ts";

/** Types that custom resources take over into their own schemas, with members that only they have. */
const RECOGNIZED: readonly (readonly [type: string, members: readonly string[]])[] = [
  ["core.PodSpec", ["containers", "initContainers", "volumes", "restartPolicy"]],
  ["core.PersistentVolumeClaimSpec", ["accessModes", "resources", "volumeName"]],
  ["networking.NetworkPolicySpec", ["podSelector", "policyTypes"]],
  ["meta.LabelSelector", ["matchLabels", "matchExpressions"]],
];

/**
 * Describes the parts of a custom resource's schema that are types of Kubernetes, where the schema says nothing
 * itself. A copy is returned; the schema stays as it is.
 */
export function describeEmbeddedTypes(schema: Schema): Schema {
  const type = RECOGNIZED.find(([, members]) =>
    members.every((member) => schema.properties?.[member] !== undefined),
  );
  return type === undefined ? eachPart(schema, describeEmbeddedTypes) : describeAs(schema, type[0]);
}

/** A schema that has the members of a type of the table. */
function describeAs(schema: Schema, type: string): Schema {
  const fields = tableType(type)?.fields ?? [];
  const description = schema.description ?? describeType(type);
  const described: Schema = description === undefined ? { ...schema } : { ...schema, description };
  if (schema.properties === undefined) return described;
  described.properties = {};
  for (const [name, property] of Object.entries(schema.properties)) {
    const field = fields.find((each) => each.name === name);
    const inner = field === undefined || field.scalar ? property : describePart(property, field.type);
    const own = property.description ?? describeField(type, name, {}) ?? inner.description;
    described.properties[name] = own === undefined ? inner : { ...inner, description: own };
  }
  return described;
}

/** The type itself, or the elements of a list or map of it. */
function describePart(schema: Schema, type: string): Schema {
  if (schema.items !== undefined) return { ...schema, items: describeAs(schema.items, type) };
  if (typeof schema.additionalProperties === "object") return schema;
  return describeAs(schema, type);
}

function eachPart(schema: Schema, describe: (part: Schema) => Schema): Schema {
  const { properties, items, additionalProperties } = schema;
  if (properties === undefined && items === undefined && typeof additionalProperties !== "object")
    return schema;
  return {
    ...schema,
    ...(properties === undefined
      ? {}
      : {
          properties: Object.fromEntries(
            Object.entries(properties).map(([name, part]) => [name, describe(part)]),
          ),
        }),
    ...(items === undefined ? {} : { items: describe(items) }),
    ...(typeof additionalProperties === "object"
      ? { additionalProperties: describe(additionalProperties) }
      : {}),
  };
}
