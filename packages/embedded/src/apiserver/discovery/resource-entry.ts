import type { ResourceDefinition } from "../registry/resource-definition.ts";

/** One resource or subresource in discovery, before it is written in one of its two forms. */
export interface ResourceEntry {
  readonly group: string;
  readonly version: string;
  /** Plural name; of the parent for a subresource. */
  readonly resource: string;
  readonly subresource?: string;
  readonly singular: string;
  readonly namespaced: boolean;
  /** Group and version if they are not the resource's own. */
  readonly responseKind: { readonly group: string; readonly version: string; readonly kind: string };
  readonly verbs: readonly string[];
  readonly shortNames: readonly string[];
  readonly categories: readonly string[];
}

const VERBS = ["create", "delete", "deletecollection", "get", "list", "patch", "update", "watch"];
const VIEW_VERBS = ["get", "patch", "update"];

/** Subresources that are no view of their object. An absent kind is the parent's own. */
const SUBRESOURCES: Readonly<
  Record<string, { verbs: readonly string[]; kind?: string; group?: string; version?: string }>
> = {
  log: { verbs: ["get"] },
  exec: { verbs: ["create", "get"], kind: "PodExecOptions" },
  attach: { verbs: ["create", "get"], kind: "PodAttachOptions" },
  portforward: { verbs: ["create", "get"], kind: "PodPortForwardOptions" },
  binding: { verbs: ["create"], kind: "Binding" },
  eviction: { verbs: ["create"], kind: "Eviction", group: "policy", version: "v1" },
  token: { verbs: ["create"], kind: "TokenRequest", group: "authentication.k8s.io", version: "v1" },
  finalize: { verbs: ["update"] },
};

/** Questions that are asked by creating an object, which is answered and not stored. */
const REVIEWS: readonly { group: string; kind: string; namespaced?: true }[] = [
  { group: "authentication.k8s.io", kind: "SelfSubjectReview" },
  { group: "authentication.k8s.io", kind: "TokenReview" },
  { group: "authorization.k8s.io", kind: "LocalSubjectAccessReview", namespaced: true },
  { group: "authorization.k8s.io", kind: "SelfSubjectAccessReview" },
  { group: "authorization.k8s.io", kind: "SelfSubjectRulesReview" },
  { group: "authorization.k8s.io", kind: "SubjectAccessReview" },
];

/** Everything that discovery lists, parents before their subresources. */
export function resourceEntries(definitions: readonly ResourceDefinition[]): readonly ResourceEntry[] {
  return [...definitions.flatMap(entriesOf), ...REVIEWS.map(reviewEntry)];
}

function entriesOf(definition: ResourceDefinition): readonly ResourceEntry[] {
  const { group, version, kind, plural, singular, namespaced, subresources } = definition;
  const own = { group, version, resource: plural, namespaced, responseKind: { group, version, kind } };
  const isNamespace = group === "" && plural === "namespaces";
  const entries: ResourceEntry[] = [
    {
      ...own,
      singular,
      // Namespaces are emptied one by one: there is no deleting all of them.
      verbs: isNamespace ? VERBS.filter((verb) => verb !== "deletecollection") : VERBS,
      shortNames: definition.shortNames,
      categories: definition.categories,
    },
  ];
  const sub = (subresource: string, verbs: readonly string[], responseKind = own.responseKind): void => {
    entries.push({ ...own, subresource, singular: "", verbs, responseKind, shortNames: [], categories: [] });
  };
  for (const name of subresources.other ?? []) {
    const row = SUBRESOURCES[name];
    if (row === undefined) throw new Error(`discovery knows no subresource ${name}`);
    const foreign = { group: row.group ?? group, version: row.version ?? version, kind: row.kind ?? kind };
    sub(name, row.verbs, foreign);
  }
  if (subresources.scale !== undefined)
    sub("scale", VIEW_VERBS, { group: "autoscaling", version: "v1", kind: "Scale" });
  if (subresources.status === true) sub("status", VIEW_VERBS);
  return entries;
}

function reviewEntry({ group, kind, namespaced }: (typeof REVIEWS)[number]): ResourceEntry {
  const singular = kind.toLowerCase();
  return {
    group,
    version: "v1",
    resource: `${singular}s`,
    singular,
    namespaced: namespaced === true,
    responseKind: { group, version: "v1", kind },
    verbs: ["create"],
    shortNames: [],
    categories: [],
  };
}
