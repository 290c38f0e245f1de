import type { ResourceEntry } from "../discovery/resource-entry.ts";
import type { ResourceDefinition } from "../registry/resource-definition.ts";
import { openApiTypeName, typeOfKind } from "../tables/kubernetes-types.ts";
import { schemaName } from "./schema-name.ts";

export type Method = "get" | "put" | "post" | "delete" | "patch";

/** One operation, before it is written in one of the two versions of OpenAPI. */
export interface Operation {
  readonly path: string;
  readonly method: Method;
  readonly action: string;
  readonly id: string;
  readonly description: string;
  readonly kind: { readonly group: string; readonly version: string; readonly kind: string };
  /** Query parameters by name; `QUERY_PARAMETERS` has what they are. */
  readonly query: readonly string[];
  /** Name of the body's schema. */
  readonly body?: string;
  readonly bodyTypes?: readonly string[];
  /** Name of the answer's schema; without it the answer is text. */
  readonly answer?: string;
}

export interface QueryParameter {
  readonly type: "string" | "boolean" | "integer";
  readonly description: string;
}

const WRITE = ["dryRun", "fieldManager", "fieldValidation"];
const PATCH = [...WRITE, "force"];
const DELETE = ["dryRun", "gracePeriodSeconds", "propagationPolicy"];
const LIST = [
  "allowWatchBookmarks",
  "continue",
  "fieldSelector",
  "labelSelector",
  "limit",
  "resourceVersion",
  "resourceVersionMatch",
  "sendInitialEvents",
  "timeoutSeconds",
  "watch",
];

export const QUERY_PARAMETERS: Readonly<Record<string, QueryParameter>> = {
  allowWatchBookmarks: { type: "boolean", description: "Whether a watch may send bookmarks." },
  continue: { type: "string", description: "Where the list goes on, as the previous page told." },
  dryRun: { type: "string", description: "All: everything is checked and nothing is stored." },
  fieldManager: { type: "string", description: "Who owns the fields that this request sets." },
  fieldSelector: { type: "string", description: "Only objects whose fields have these values." },
  fieldValidation: {
    type: "string",
    description: "What unknown and repeated fields lead to: Ignore, Warn or Strict.",
  },
  force: { type: "boolean", description: "Whether an apply takes over fields that others own." },
  gracePeriodSeconds: { type: "integer", description: "How long the object may take to end." },
  labelSelector: { type: "string", description: "Only objects with these labels." },
  limit: { type: "integer", description: "How many objects a page has at most." },
  propagationPolicy: {
    type: "string",
    description: "What becomes of dependents: Foreground, Background or Orphan.",
  },
  resourceVersion: { type: "string", description: "The version that the answer is to have or follow." },
  resourceVersionMatch: {
    type: "string",
    description: "How resourceVersion is meant: Exact or NotOlderThan.",
  },
  sendInitialEvents: {
    type: "boolean",
    description: "Whether a watch begins with everything that is there.",
  },
  timeoutSeconds: { type: "integer", description: "When the watch or the list ends." },
  watch: { type: "boolean", description: "Whether changes follow instead of a list." },
};

const METHODS: Readonly<Record<string, Method>> = {
  get: "get",
  list: "get",
  post: "post",
  put: "put",
  patch: "patch",
  delete: "delete",
  deletecollection: "delete",
};

const MERGE_TYPES = [
  "application/apply-patch+yaml",
  "application/json-patch+json",
  "application/merge-patch+json",
];
const PATCH_BODY = openApiTypeName("meta.Patch");
const STATUS = openApiTypeName("meta.Status");
const DELETE_OPTIONS = openApiTypeName("meta.DeleteOptions");
const SCALE = openApiTypeName("autoscaling.Scale");

/** Operations of one served kind and of its subresources that show or scale it. */
export function operationsOf(definition: ResourceDefinition): readonly Operation[] {
  const { group, version, kind, plural, namespaced, custom, subresources } = definition;
  const root = `${group === "" ? "/api" : `/apis/${group}`}/${version}`;
  const collection = namespaced ? `${root}/namespaces/{namespace}/${plural}` : `${root}/${plural}`;
  const item = `${collection}/{name}`;
  const own = schemaName(definition);
  const gvk = { group, version, kind };
  const scope = `${camelCase(group === "" ? "core" : group)}${camelCase(version)}${namespaced ? "Namespaced" : ""}${kind}`;
  const patch = {
    body: PATCH_BODY,
    bodyTypes: custom ? MERGE_TYPES : [...MERGE_TYPES, "application/strategic-merge-patch+json"],
  };
  const operations: Operation[] = [];
  /** A row: where, how, what the id begins and ends with, what it does, and what goes in and comes out. */
  const add = (
    path: string,
    action: string,
    [verb, suffix = ""]: readonly [string, string?],
    description: string,
    rest: Pick<Operation, "query" | "answer"> & Partial<Pick<Operation, "body" | "bodyTypes" | "kind">>,
  ): void => {
    const id = `${verb}${scope}${suffix}`;
    operations.push({ path, method: METHODS[action] ?? "get", action, id, description, kind: gvk, ...rest });
  };
  const list = { query: LIST, answer: `${own}List` };
  const remove = { query: DELETE, body: DELETE_OPTIONS, answer: STATUS };
  const write = { query: WRITE, body: own, answer: own };

  add(collection, "list", ["list"], `List or watch objects of kind ${kind}.`, list);
  add(collection, "post", ["create"], `Create a ${kind}.`, write);
  add(collection, "deletecollection", ["deleteCollection"], `Delete the selected objects of kind ${kind}.`, {
    ...remove,
    query: [...DELETE, "fieldSelector", "labelSelector"],
  });
  add(item, "get", ["read"], `Read a ${kind}.`, { query: [], answer: own });
  add(item, "put", ["replace"], `Replace a ${kind}.`, write);
  add(item, "patch", ["patch"], `Change parts of a ${kind}.`, { query: PATCH, ...patch, answer: own });
  add(item, "delete", ["delete"], `Delete a ${kind}.`, remove);
  if (namespaced) {
    const everywhere = `List or watch objects of kind ${kind} of all namespaces.`;
    add(`${root}/${plural}`, "list", ["list", "ForAllNamespaces"], everywhere, list);
  }
  const view = (name: string, answer: string, viewKind: Operation["kind"]): void => {
    const path = `${item}/${name}`;
    const suffix = camelCase(name);
    const shown = { kind: viewKind, answer };
    add(path, "get", ["read", suffix], `Read the ${name} of a ${kind}.`, { query: [], ...shown });
    add(path, "put", ["replace", suffix], `Replace the ${name} of a ${kind}.`, {
      query: WRITE,
      body: answer,
      ...shown,
    });
    add(path, "patch", ["patch", suffix], `Change parts of the ${name} of a ${kind}.`, {
      query: PATCH,
      ...patch,
      ...shown,
    });
  };
  if (subresources.status === true) view("status", own, gvk);
  if (subresources.scale !== undefined)
    view("scale", SCALE, { group: "autoscaling", version: "v1", kind: "Scale" });
  return operations;
}

/** The operation that asks a question by creating it, or creates through a subresource; none for other entries. */
export function createOperation(entry: ResourceEntry): Operation | undefined {
  const { group, version, resource, subresource, namespaced, responseKind, verbs } = entry;
  if (verbs.length !== 1 || verbs[0] !== "create") return undefined;
  const type = typeOfKind(responseKind.group, responseKind.version, responseKind.kind);
  if (type === undefined) return undefined;
  const root = `${group === "" ? "/api" : `/apis/${group}`}/${version}${namespaced ? "/namespaces/{namespace}" : ""}`;
  const schema = openApiTypeName(type);
  return {
    path: subresource === undefined ? `${root}/${resource}` : `${root}/${resource}/{name}/${subresource}`,
    method: "post",
    action: "post",
    id: `create${camelCase(group === "" ? "core" : group)}${camelCase(version)}${camelCase(resource)}${camelCase(subresource ?? "")}`,
    description: `Create a ${responseKind.kind}.`,
    kind: responseKind,
    query: WRITE,
    body: schema,
    answer: schema,
  };
}

function camelCase(text: string): string {
  return text.replaceAll(/(?:^|[^A-Za-z0-9]+)([A-Za-z0-9])/g, (_, first: string) => first.toUpperCase());
}
