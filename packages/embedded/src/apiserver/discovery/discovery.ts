import { createHash } from "node:crypto";
import { apiVersionOf } from "../registry/resource-definition.ts";
import type { Registry } from "../registry/registry.ts";
import { type DiscoveredGroup, type DiscoveredVersion, groupEntries } from "./group-order.ts";
import { resourceEntries, type ResourceEntry } from "./resource-entry.ts";

/** An answer whose text depends on the registry alone. */
export interface DiscoveryAnswer {
  readonly contentType: string;
  readonly body: string;
  /** With its quotes. */
  readonly etag: string;
}

export interface Discovery {
  /** `/api`. `accept` is the request's header; it decides between the plain and the aggregated form. */
  legacyVersions(accept: string): DiscoveryAnswer;
  /** `/apis`, as `legacyVersions`. */
  groups(accept: string): DiscoveryAnswer;
  /** `/apis/GROUP`; undefined if nothing of the group is served. */
  group(name: string): DiscoveryAnswer | undefined;
  /** `/api/v1` with group "", `/apis/GROUP/VERSION`; undefined if it is not served. */
  resources(group: string, version: string): DiscoveryAnswer | undefined;
}

const JSON_TYPE = "application/json";

/** Discovery documents of a registry, made when first asked for and dropped when the registry changes. */
export function createDiscovery(registry: Registry): Discovery {
  let known: readonly DiscoveredGroup[] | undefined;
  const answers = new Map<string, DiscoveryAnswer>();
  registry.onChange(() => {
    known = undefined;
    answers.clear();
  });

  function all(): readonly DiscoveredGroup[] {
    known ??= groupEntries(resourceEntries(registry.list()));
    return known;
  }

  function answer(key: string, contentType: string, make: () => unknown): DiscoveryAnswer {
    const cached = answers.get(key);
    if (cached !== undefined) return cached;
    const body = `${JSON.stringify(make())}\n`;
    const etag = `"${createHash("sha512").update(body).digest("hex").toUpperCase()}"`;
    const made = { contentType, body, etag };
    answers.set(key, made);
    return made;
  }

  function aggregated(key: string, version: string, groups: readonly DiscoveredGroup[]): DiscoveryAnswer {
    const contentType = `${JSON_TYPE};g=apidiscovery.k8s.io;v=${version};as=APIGroupDiscoveryList`;
    return answer(`${key} ${version}`, contentType, () => ({
      kind: "APIGroupDiscoveryList",
      apiVersion: `apidiscovery.k8s.io/${version}`,
      metadata: {},
      items: groups.map(aggregatedGroup),
    }));
  }

  const isCore = ({ name }: DiscoveredGroup): boolean => name === "";
  return {
    legacyVersions(accept) {
      const version = aggregatedVersion(accept);
      if (version !== undefined) return aggregated("api", version, all().filter(isCore));
      return answer("api", JSON_TYPE, () => ({
        kind: "APIVersions",
        versions: all()
          .filter(isCore)
          .flatMap((group) => group.versions.map((each) => each.version)),
        serverAddressByClientCIDRs: [],
      }));
    },
    groups(accept) {
      const named = (): readonly DiscoveredGroup[] => all().filter((group) => !isCore(group));
      const version = aggregatedVersion(accept);
      if (version !== undefined) return aggregated("apis", version, named());
      return answer("apis", JSON_TYPE, () => ({
        kind: "APIGroupList",
        apiVersion: "v1",
        groups: named().map(plainGroup),
      }));
    },
    group(name) {
      const found = name === "" ? undefined : all().find((group) => group.name === name);
      if (found === undefined) return undefined;
      return answer(`apis/${name}`, JSON_TYPE, () => ({
        kind: "APIGroup",
        apiVersion: "v1",
        ...plainGroup(found),
      }));
    },
    resources(group, version) {
      const found = all()
        .find((each) => each.name === group)
        ?.versions.find((each) => each.version === version);
      if (found === undefined) return undefined;
      return answer(`apis/${group}/${version}`, JSON_TYPE, () => ({
        kind: "APIResourceList",
        apiVersion: "v1",
        groupVersion: apiVersionOf({ group, version }),
        resources: found.entries.map(plainResource),
      }));
    },
  };
}

/** The version of aggregated discovery that an Accept header prefers; undefined if it asks for plain JSON first. */
export function aggregatedVersion(accept: string): "v2" | "v2beta1" | undefined {
  for (const range of accept.split(",")) {
    const [type = "", ...parameters] = range.split(";").map((part) => part.trim());
    if (type !== JSON_TYPE && type !== "*/*" && type !== "application/*") continue;
    const values = new Map(parameters.map((parameter) => [parameter.split("=")[0], parameter.split("=")[1]]));
    if (values.get("as") === undefined) return undefined;
    const version = values.get("v");
    if (values.get("as") !== "APIGroupDiscoveryList" || values.get("g") !== "apidiscovery.k8s.io") continue;
    if (version === "v2" || version === "v2beta1") return version;
  }
  return undefined;
}

function plainGroup({ name, versions }: DiscoveredGroup): object {
  const listed = versions.map(({ version }) => ({ groupVersion: `${name}/${version}`, version }));
  return { name, versions: listed, preferredVersion: listed[0] };
}

function plainResource(entry: ResourceEntry): object {
  const { group, version, kind } = entry.responseKind;
  const foreign = group !== entry.group || version !== entry.version;
  return {
    name: entry.subresource === undefined ? entry.resource : `${entry.resource}/${entry.subresource}`,
    singularName: entry.singular,
    namespaced: entry.namespaced,
    ...(foreign ? { group, version } : {}),
    kind,
    verbs: entry.verbs,
    ...(entry.shortNames.length === 0 ? {} : { shortNames: entry.shortNames }),
    ...(entry.categories.length === 0 ? {} : { categories: entry.categories }),
  };
}

function aggregatedGroup({ name, versions }: DiscoveredGroup): object {
  return {
    metadata: name === "" ? {} : { name },
    versions: versions.map((version) => ({
      version: version.version,
      resources: aggregatedResources(version),
      freshness: "Current",
    })),
  };
}

function aggregatedResources({ entries }: DiscoveredVersion): object[] {
  const resources: object[] = [];
  for (const entry of entries) {
    if (entry.subresource !== undefined) continue;
    const subresources = entries
      .filter((each) => each.resource === entry.resource && each.subresource !== undefined)
      .map(({ subresource, responseKind, verbs }) => ({ subresource, responseKind, verbs }));
    resources.push({
      resource: entry.resource,
      responseKind: entry.responseKind,
      scope: entry.namespaced ? "Namespaced" : "Cluster",
      singularResource: entry.singular,
      verbs: entry.verbs,
      ...(entry.shortNames.length === 0 ? {} : { shortNames: entry.shortNames }),
      ...(entry.categories.length === 0 ? {} : { categories: entry.categories }),
      ...(subresources.length === 0 ? {} : { subresources }),
    });
  }
  return resources;
}
