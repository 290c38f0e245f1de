import { resourceEntries } from "../discovery/resource-entry.ts";
import type { Registry } from "../registry/registry.ts";
import type { ResourceDefinition } from "../registry/resource-definition.ts";
import { KUBERNETES_VERSION, openApiTypeName } from "../tables/kubernetes-types.ts";
import { createOperation, type Operation, operationsOf, QUERY_PARAMETERS } from "./operations.ts";
import {
  type Json,
  type OpenApiForm,
  publishCustom,
  publishList,
  publishType,
  reference,
} from "./published-schema.ts";
import { schemaName } from "./schema-name.ts";

const PATH_PARAMETERS = { name: "Name of the object.", namespace: "Namespace of the object." } as const;
const PATCH = openApiTypeName("meta.Patch");
/** Types of the core group that clients know and no served kind has as a member. */
const CORE_TYPES = ["core.PodTemplateSpec"].map(openApiTypeName);
const BODY_TYPES = ["application/json", "application/yaml", "application/vnd.kubernetes.protobuf"];

/** The group and version that a v3 document is about. */
export interface GroupVersion {
  readonly group: string;
  readonly version: string;
}

/** Every group and version that has a document, in the order of discovery's entries. */
export function groupVersions(registry: Registry): readonly GroupVersion[] {
  const seen = new Map<string, GroupVersion>();
  for (const { group, version } of resourceEntries(registry.list()))
    seen.set(`${group}/${version}`, { group, version });
  return [...seen.values()];
}

/** The OpenAPI v3 document of one group and version. */
export function documentV3(registry: Registry, wanted: GroupVersion): Json {
  const content = contentOf(
    registry,
    "v3",
    (each) => each.group === wanted.group && each.version === wanted.version,
  );
  return {
    openapi: "3.0.0",
    info: info(),
    paths: content.paths,
    components: { schemas: content.schemas },
  };
}

/** The OpenAPI v2 document of everything. */
export function documentV2(registry: Registry): Json {
  const content = contentOf(registry, "v2", () => true);
  return { swagger: "2.0", info: info(), paths: content.paths, definitions: content.schemas };
}

function info(): Json {
  return { title: "Kubernetes", version: KUBERNETES_VERSION };
}

function contentOf(
  registry: Registry,
  form: OpenApiForm,
  wanted: (each: GroupVersion) => boolean,
): { paths: Json; schemas: Json } {
  const definitions = registry.list().filter(wanted);
  const creates = resourceEntries(registry.list()).filter(wanted).map(createOperation);
  const operations = [...definitions.flatMap(operationsOf), ...creates.filter((each) => each !== undefined)];
  const paths: Record<string, Json> = {};
  for (const operation of operations) {
    const item = (paths[operation.path] ??= pathItem(operation.path, form));
    item[operation.method] = form === "v2" ? operationV2(operation) : operationV3(operation);
  }
  return { paths, schemas: schemasOf(registry, definitions, operations, form) };
}

function schemasOf(
  registry: Registry,
  definitions: readonly ResourceDefinition[],
  operations: readonly Operation[],
  form: OpenApiForm,
): Json {
  const schemas: Json = {};
  const waiting = new Set<string>(definitions.some(({ group }) => group === "") ? CORE_TYPES : []);
  const use = (name: string): void => {
    waiting.add(name);
  };
  for (const definition of definitions) {
    const { group, version, kind, listKind } = definition;
    const name = schemaName(definition);
    if (definition.custom)
      schemas[name] = publishCustom(definition.schema, { group, version, kind }, form, use);
    schemas[`${name}List`] = publishList(name, { group, version, kind: listKind }, form, use);
    use(name);
  }
  for (const { body, answer } of operations)
    for (const name of [body, answer]) if (name !== undefined) use(name);
  for (const name of waiting) {
    if (name === PATCH) schemas[name] = { description: "A change to an object.", type: "object" };
    else schemas[name] ??= publishType(name, registry.types, form, use);
  }
  return Object.fromEntries(Object.entries(schemas).toSorted(([a], [b]) => (a < b ? -1 : 1)));
}

function pathItem(path: string, form: OpenApiForm): Json {
  const parameters: Json[] = [];
  for (const [name, description] of Object.entries(PATH_PARAMETERS)) {
    if (!path.includes(`{${name}}`)) continue;
    const type = form === "v2" ? { type: "string" } : { schema: { type: "string" } };
    parameters.push({ name, in: "path", description, required: true, ...type });
  }
  return parameters.length === 0 ? {} : { parameters };
}

function common({ action, description, id, kind }: Operation): Json {
  return {
    description,
    operationId: id,
    "x-kubernetes-action": action,
    "x-kubernetes-group-version-kind": kind,
  };
}

function operationV3(operation: Operation): Json {
  const { query, body, bodyTypes, answer } = operation;
  const content = (types: readonly string[], schema: string): Json =>
    Object.fromEntries(types.map((type) => [type, { schema: reference(schema, "v3") }]));
  return {
    ...common(operation),
    parameters: query.map((name) => {
      const { type, description } = parameterOf(name);
      return { name, in: "query", description, schema: { type } };
    }),
    ...(body === undefined
      ? {}
      : {
          requestBody: {
            content: content(bodyTypes ?? BODY_TYPES, body),
            required: operation.method !== "delete",
          },
        }),
    responses: {
      200: {
        description: "OK",
        ...(answer === undefined ? {} : { content: content(["application/json"], answer) }),
      },
    },
  };
}

function operationV2(operation: Operation): Json {
  const { query, body, bodyTypes, answer } = operation;
  const parameters: Json[] = query.map((name) => {
    const { type, description } = parameterOf(name);
    return { name, in: "query", description, type };
  });
  if (body !== undefined) {
    parameters.unshift({
      name: "body",
      in: "body",
      required: operation.method !== "delete",
      schema: reference(body, "v2"),
    });
  }
  return {
    ...common(operation),
    consumes: bodyTypes ?? BODY_TYPES,
    produces: ["application/json"],
    parameters,
    responses: {
      200: { description: "OK", ...(answer === undefined ? {} : { schema: reference(answer, "v2") }) },
    },
  };
}

function parameterOf(name: string): (typeof QUERY_PARAMETERS)[string] {
  const parameter = QUERY_PARAMETERS[name];
  if (parameter === undefined) throw new Error(`no query parameter ${name}`);
  return parameter;
}
