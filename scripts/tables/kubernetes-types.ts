// Makes packages/embedded/src/apiserver/tables/kubernetes-types.json from the Go modules that Kubernetes publishes:
//   node scripts/tables/kubernetes-types.ts
// Three sources say three things of one type: the OpenAPI documents its schema, `generated.proto` its form on the wire,
// and the tags in `types*.go` which empty values JSON leaves out. Prose is not taken over.
import { globSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { goModuleFolder } from "./go-module.ts";
import { parseGoTypes } from "./go-structs.ts";
import type { GoField, GoTypes } from "./go-structs.ts";
import { readProtoMessages } from "./proto-messages.ts";
import type { ProtoField, ProtoMessages } from "./proto-messages.ts";

const MODULES = {
  "k8s.io/kubernetes": "v1.36.3",
  "k8s.io/api": "v0.36.3",
  "k8s.io/apimachinery": "v0.36.3",
  "k8s.io/apiextensions-apiserver": "v0.36.3",
} as const;

/** Short name of a package in the table: its prefix in OpenAPI, its module and folder. */
const PACKAGES: Readonly<
  Record<string, readonly [openapi: string, module: keyof typeof MODULES, folder: string]>
> = {
  core: ["io.k8s.api.core.v1", "k8s.io/api", "core/v1"],
  meta: ["io.k8s.apimachinery.pkg.apis.meta.v1", "k8s.io/apimachinery", "pkg/apis/meta/v1"],
  resource: ["io.k8s.apimachinery.pkg.api.resource", "k8s.io/apimachinery", "pkg/api/resource"],
  intstr: ["io.k8s.apimachinery.pkg.util.intstr", "k8s.io/apimachinery", "pkg/util/intstr"],
  runtime: ["io.k8s.apimachinery.pkg.runtime", "k8s.io/apimachinery", "pkg/runtime"],
  discovery: ["io.k8s.api.discovery.v1", "k8s.io/api", "discovery/v1"],
  events: ["io.k8s.api.events.v1", "k8s.io/api", "events/v1"],
  coordination: ["io.k8s.api.coordination.v1", "k8s.io/api", "coordination/v1"],
  node: ["io.k8s.api.node.v1", "k8s.io/api", "node/v1"],
  networking: ["io.k8s.api.networking.v1", "k8s.io/api", "networking/v1"],
  policy: ["io.k8s.api.policy.v1", "k8s.io/api", "policy/v1"],
  autoscaling: ["io.k8s.api.autoscaling.v1", "k8s.io/api", "autoscaling/v1"],
  authentication: ["io.k8s.api.authentication.v1", "k8s.io/api", "authentication/v1"],
  authorization: ["io.k8s.api.authorization.v1", "k8s.io/api", "authorization/v1"],
  apiextensions: [
    "io.k8s.apiextensions-apiserver.pkg.apis.apiextensions.v1",
    "k8s.io/apiextensions-apiserver",
    "pkg/apis/apiextensions/v1",
  ],
};

const DOCUMENTS = [
  "api__v1",
  "apis__discovery.k8s.io__v1",
  "apis__events.k8s.io__v1",
  "apis__coordination.k8s.io__v1",
  "apis__node.k8s.io__v1",
  "apis__networking.k8s.io__v1",
  "apis__policy__v1",
  "apis__autoscaling__v1",
  "apis__authentication.k8s.io__v1",
  "apis__authorization.k8s.io__v1",
  "apis__apiextensions.k8s.io__v1",
];

/** The kinds that the API server serves or takes as a body; everything they reach is in the table. */
const ROOTS = [
  ...["Namespace", "Pod", "Service", "Secret", "ConfigMap", "Event", "ServiceAccount", "Node"].map(
    (k) => `core.${k}`,
  ),
  ...["PersistentVolumeClaim", "ResourceQuota", "Binding", "PodTemplateSpec"].map((k) => `core.${k}`),
  ...["DeleteOptions", "Status", "ListMeta"].map((k) => `meta.${k}`),
  "discovery.EndpointSlice",
  "events.Event",
  "coordination.Lease",
  "node.RuntimeClass",
  "networking.NetworkPolicy",
  "policy.Eviction",
  "autoscaling.Scale",
  ...["TokenRequest", "TokenReview", "SelfSubjectReview"].map((k) => `authentication.${k}`),
  ...[
    "SubjectAccessReview",
    "SelfSubjectAccessReview",
    "LocalSubjectAccessReview",
    "SelfSubjectRulesReview",
  ].map((k) => `authorization.${k}`),
  "apiextensions.CustomResourceDefinition",
];

/** Types whose JSON is not that of their fields: code knows them by name, the table does not list them. */
const WELL_KNOWN = new Set([
  "meta.Time",
  "meta.MicroTime",
  "meta.FieldsV1",
  "resource.Quantity",
  "intstr.IntOrString",
  "runtime.RawExtension",
  "apiextensions.JSON",
  "apiextensions.JSONSchemaPropsOrArray",
  "apiextensions.JSONSchemaPropsOrBool",
  "apiextensions.JSONSchemaPropsOrStringArray",
  "authentication.ExtraValue",
  "authorization.ExtraValue",
]);

/** As much of OpenAPI as the documents use. */
interface OpenApiSchema {
  $ref?: string;
  allOf?: OpenApiSchema[];
  type?: string;
  format?: string;
  default?: unknown;
  required?: string[];
  properties?: Record<string, OpenApiSchema>;
  items?: OpenApiSchema;
  additionalProperties?: OpenApiSchema;
  "x-kubernetes-list-type"?: string;
  "x-kubernetes-list-map-keys"?: string[];
  "x-kubernetes-map-type"?: string;
  "x-kubernetes-patch-merge-key"?: string;
  "x-kubernetes-patch-strategy"?: string;
  "x-kubernetes-group-version-kind"?: { group: string; version: string; kind: string }[];
}

function isDocument(value: unknown): value is { components: { schemas: Record<string, OpenApiSchema> } } {
  return typeof value === "object" && value !== null && "components" in value;
}

const folders = new Map(
  Object.entries(MODULES).map(([path, version]) => [path, goModuleFolder(path, version)]),
);

function folderOf(module: string): string {
  const folder = folders.get(module);
  if (folder === undefined) throw new Error(`no folder for ${module}`);
  return folder;
}

function shortName(qualified: string): string {
  const dot = qualified.lastIndexOf(".");
  const prefix = qualified.slice(0, dot);
  for (const [short, [openapi]] of Object.entries(PACKAGES)) {
    if (openapi === prefix) return `${short}.${qualified.slice(dot + 1)}`;
  }
  throw new Error(`type of an unlisted package: ${qualified}`);
}

/** `k8s.io.api.core.v1.Pod`, as protobuf writes it, in the table's words. */
function shortNameOfProto(qualified: string): string {
  return shortName(
    qualified.replace(/^k8s\.io\./, "io.k8s.").replace("apiextensions_apiserver", "apiextensions-apiserver"),
  );
}

function readSchemas(): Map<string, OpenApiSchema> {
  const schemas = new Map<string, OpenApiSchema>();
  for (const name of DOCUMENTS) {
    const file = join(folderOf("k8s.io/kubernetes"), "api/openapi-spec/v3", `${name}_openapi.json`);
    const document: unknown = JSON.parse(readFileSync(file, "utf8"));
    if (!isDocument(document)) throw new Error(`${file} is no OpenAPI document`);
    for (const [type, schema] of Object.entries(document.components.schemas)) {
      const known = Object.values(PACKAGES).some(([prefix]) => type.startsWith(`${prefix}.`));
      if (known) schemas.set(shortName(type), schema);
    }
  }
  return schemas;
}

function readGoTypes(): Map<string, GoTypes> {
  const types = new Map<string, GoTypes>();
  for (const [short, [, module, folder]] of Object.entries(PACKAGES)) {
    const at = join(folderOf(module), folder);
    const files = globSync("types*.go", { cwd: at }).filter((file) => !file.includes("generated"));
    types.set(short, parseGoTypes(files.map((file) => readFileSync(join(at, file), "utf8")).join("\n")));
  }
  return types;
}

function readMessages(): ProtoMessages {
  const messages: ProtoMessages = new Map();
  for (const [, module, folder] of Object.values(PACKAGES)) {
    readProtoMessages(readFileSync(join(folderOf(module), folder, "generated.proto"), "utf8"), messages);
  }
  return new Map([...messages].map(([name, fields]) => [shortNameOfProto(name), fields]));
}

const schemas = readSchemas();
const goTypes = readGoTypes();
const messages = readMessages();
const usedEnums = new Map<string, readonly string[]>();
const reached = new Set<string>();

interface WireField {
  /** Number of the field, below those of the messages that JSON inlines: `2.7`. */
  readonly path: string;
  readonly go: GoField;
  readonly proto: ProtoField;
  /** Package of the Go struct that has the field. */
  readonly scope: string;
}

/** The fields of a type by JSON name, those of inlined structs included. */
function wireFields(type: string, prefix: string, into: Map<string, WireField>): Map<string, WireField> {
  const [scope = "", name = ""] = type.split(".");
  const struct = goTypes.get(scope)?.structs.get(name);
  const message = messages.get(type);
  if (struct === undefined || message === undefined)
    throw new Error(`${type} has no Go struct or no message`);
  for (const go of struct) {
    if (go.number === undefined) continue;
    const proto = message.get(go.number);
    if (proto === undefined) throw new Error(`${type}.${go.goName} has no protobuf field`);
    const path = `${prefix}${go.number}`;
    if (go.jsonName === undefined) wireFields(shortNameOfProto(proto.type), `${path}.`, into);
    else into.set(go.jsonName, { path, go, proto, scope });
  }
  return into;
}

function enumOf({ go, scope }: WireField): string | undefined {
  const bare = go.goType.replace(/^(\*|\[\])+/, "");
  const [pack, name] = bare.includes(".") ? bare.split(".") : [scope, bare];
  const home = pack === "v1" || pack === "corev1" ? "core" : pack === "metav1" ? "meta" : (pack ?? "");
  const values = goTypes.get(home)?.enums.get(name ?? "");
  if (values === undefined) return undefined;
  usedEnums.set(`${home}.${name}`, values);
  return `${home}.${name}`;
}

function isZero(value: unknown): boolean {
  return (
    value === undefined ||
    value === "" ||
    value === 0 ||
    value === false ||
    (typeof value === "object" && value !== null && Object.keys(value).length === 0)
  );
}

/** One field as the table writes it; the loader in `registry/schema-table.ts` has the grammar. */
function writeField(
  type: string,
  name: string,
  schema: OpenApiSchema,
  required: boolean,
  wire: WireField,
): string {
  const [scope = ""] = type.split(".");
  const scalar = !wire.proto.type.includes(".");
  const target = scalar ? wire.proto.type : shortNameOfProto(wire.proto.type);
  if (!scalar) reach(target);
  const local = target.startsWith(`${scope}.`) ? target.slice(scope.length + 1) : target;
  const shape =
    wire.proto.shape === "list"
      ? "[]"
      : wire.proto.shape === "map"
        ? "{}"
        : wire.go.goType.startsWith("*")
          ? "*"
          : "";
  const words = [`${shape}${local}`, wire.path];
  if (wire.go.omitZero) words.push("omitzero");
  else if (!wire.go.omitEmpty) words.push("always");
  if (required) words.push("required");
  const option = (key: string, value: string | undefined): void => {
    if (value !== undefined) words.push(`${key}=${value}`);
  };
  option("list", schema["x-kubernetes-list-type"]);
  option("keys", schema["x-kubernetes-list-map-keys"]?.join(","));
  option("map", schema["x-kubernetes-map-type"]);
  option("merge", schema["x-kubernetes-patch-merge-key"]);
  option("patch", schema["x-kubernetes-patch-strategy"]);
  option("enum", enumOf(wire));
  if (!isZero(schema.default)) option("default", JSON.stringify(schema.default));
  if (words.slice(2).some((word) => word.includes(" "))) throw new Error(`${type}.${name} needs a blank`);
  return words.join(" ");
}

function reach(type: string): void {
  if (!WELL_KNOWN.has(type)) reached.add(type);
}

for (const root of ROOTS) reach(root);
const types: Record<string, Record<string, string>> = {};
const kinds: string[] = [];
for (const type of reached) {
  const schema = schemas.get(type);
  if (schema === undefined) throw new Error(`no schema for ${type}`);
  const wire = wireFields(type, "", new Map());
  const fields: Record<string, string> = {};
  if (schema["x-kubernetes-map-type"] !== undefined) fields[""] = schema["x-kubernetes-map-type"];
  for (const [name, property] of Object.entries(schema.properties ?? {}).toSorted(([a], [b]) =>
    a < b ? -1 : 1,
  )) {
    const field = wire.get(name);
    if (field === undefined) {
      if (name === "apiVersion" || name === "kind") continue;
      throw new Error(`${type}.${name} has no number`);
    }
    fields[name] = writeField(type, name, property, schema.required?.includes(name) ?? false, field);
  }
  const extra = [...wire.keys()].filter((name) => schema.properties?.[name] === undefined);
  if (extra.length > 0) throw new Error(`${type} has fields without schema: ${extra.join(", ")}`);
  types[type] = fields;
  for (const { group, version, kind } of schema["x-kubernetes-group-version-kind"] ?? []) {
    // The options and Status are registered in every group; their own one is enough.
    if (type.startsWith("meta.") && !(group === "" && version === "v1")) continue;
    kinds.push(`${group}/${version}/${kind} ${type}`);
  }
}

const sorted = <T>(record: Record<string, T>): Record<string, T> =>
  Object.fromEntries(Object.entries(record).toSorted(([a], [b]) => (a < b ? -1 : 1)));

const table = {
  source: MODULES,
  packages: Object.fromEntries(Object.entries(PACKAGES).map(([short, [openapi]]) => [short, openapi])),
  kinds: kinds.toSorted(),
  enums: sorted(Object.fromEntries([...usedEnums].map(([name, values]) => [name, values.join(" ")]))),
  types: sorted(types),
};
const target = join(
  import.meta.dirname,
  "../../packages/embedded/src/apiserver/tables/kubernetes-types.json",
);
writeFileSync(target, `${JSON.stringify(table, undefined, 1)}\n`);
process.stdout.write(`${reached.size} types written to ${target}\n`);
