import type { Schema } from "../schema/schema.ts";
import table from "../tables/agent-sandbox-crds.json" with { type: "json" };
import descriptions from "./agent-sandbox-descriptions.json" with { type: "json" };
import type { CrdSpec, CustomResourceDefinition } from "./custom-resource-definition.ts";

/** The release of agent-sandbox whose kinds these are, as in `v0.5.6`. */
export const AGENT_SANDBOX_VERSION: string = table.source["sigs.k8s.io/agent-sandbox"];

/** Annotation that tells which release a definition was taken from. */
export const VERSION_ANNOTATION = "sandgate.dev/agent-sandbox-version";
/** Annotation that tells that the server converts the versions itself. */
const CONVERSION_ANNOTATION = "sandgate.dev/conversion";

/** What `kubectl explain` says of each kind, by the path of a field through lists and all: `status.conditions.type`. */
const DESCRIPTIONS: Readonly<Record<string, Readonly<Record<string, string>>>> = descriptions;

let made: readonly CustomResourceDefinition[] | undefined;

/**
 * The CustomResourceDefinitions of agent-sandbox, with our descriptions. They are made when first asked for and are
 * the same objects from then on; what is alike in them is one object, so they are not to be changed.
 */
export function agentSandboxCrds(): readonly CustomResourceDefinition[] {
  made ??= make();
  return made;
}

function make(): readonly CustomResourceDefinition[] {
  const shared: unknown[] = [];
  for (const part of table.shared) shared.push(resolve(part, shared));
  return Object.entries(table.specs).map(([name, hoisted]) => {
    const spec = resolve(hoisted, shared) as CrdSpec;
    return {
      apiVersion: "apiextensions.k8s.io/v1",
      kind: "CustomResourceDefinition",
      metadata: {
        name,
        annotations: {
          [VERSION_ANNOTATION]: AGENT_SANDBOX_VERSION,
          [CONVERSION_ANNOTATION]: "server",
        },
      },
      spec: { conversion: { strategy: "None" }, ...spec, versions: describeVersions(spec) },
    };
  });
}

/** Puts the shared parts into their places. */
function resolve(value: unknown, shared: readonly unknown[]): unknown {
  if (typeof value !== "object" || value === null) return value;
  if (Array.isArray(value)) return value.map((each) => resolve(each, shared));
  if ("$shared" in value) return shared[Number(value.$shared)];
  return Object.fromEntries(Object.entries(value).map(([name, each]) => [name, resolve(each, shared)]));
}

function describeVersions({ names, versions }: CrdSpec): CrdSpec["versions"] {
  const texts = DESCRIPTIONS[names.kind] ?? {};
  return versions.map((version) => {
    const schema = version.schema?.openAPIV3Schema;
    if (schema === undefined) return version;
    return { ...version, schema: { openAPIV3Schema: describe(schema, "", texts) } };
  });
}

/** A schema with what is written about it and its members; members of which nothing is written stay as they are. */
function describe(schema: Schema, path: string, descriptions: Readonly<Record<string, string>>): Schema {
  const description = descriptions[path];
  const prefix = path === "" ? "" : `${path}.`;
  if (description === undefined && !Object.keys(descriptions).some((each) => each.startsWith(prefix)))
    return schema;
  const described: Schema = { ...(description === undefined ? {} : { description }), ...schema };
  if (schema.items !== undefined) described.items = describeMembers(schema.items, prefix, descriptions);
  return describeMembers(described, prefix, descriptions);
}

function describeMembers(
  schema: Schema,
  prefix: string,
  descriptions: Readonly<Record<string, string>>,
): Schema {
  if (schema.properties === undefined) return schema;
  const properties: Record<string, Schema> = {};
  for (const [name, property] of Object.entries(schema.properties)) {
    properties[name] = describe(property, prefix + name, descriptions);
  }
  return { ...schema, properties };
}
