import { describe, expect, test } from "vitest";
import { createBuiltInDefinitions } from "../registry/built-in.ts";
import { createRegistry, type Registry } from "../registry/registry.ts";
import type { ResourceDefinition } from "../registry/resource-definition.ts";
import { createSchemaTable } from "../registry/schema-table.ts";
import { aggregatedVersion, createDiscovery } from "./discovery.ts";
import { compareVersions } from "./group-order.ts";

const BOX: ResourceDefinition = {
  group: "example.com",
  version: "v1beta1",
  kind: "Box",
  listKind: "BoxList",
  plural: "boxes",
  singular: "box",
  shortNames: ["bx"],
  categories: ["all"],
  namespaced: true,
  storage: { group: "example.com", version: "v1beta1" },
  columns: [],
  subresources: { scale: { specReplicasPath: ".spec.size", statusReplicasPath: ".status.size" } },
  custom: true,
  selectableFields: [],
  strategy: {},
  schema: { type: "object" },
};
const AGGREGATED = "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList";

function openRegistry(): Registry {
  const registry = createRegistry(createSchemaTable());
  registry.set("built-in", createBuiltInDefinitions());
  registry.set("boxes", [{ ...BOX, version: "v1alpha1" }, BOX]);
  return registry;
}

function body(answer: { body: string } | undefined): Record<string, unknown> {
  return JSON.parse(answer?.body ?? "null") as Record<string, unknown>;
}

describe("plain discovery", () => {
  const discovery = createDiscovery(openRegistry());

  test("lists the versions of core", () => {
    expect(body(discovery.legacyVersions("application/json"))).toMatchObject({
      kind: "APIVersions",
      versions: ["v1"],
    });
  });

  test("prefers the most stable version of a group", () => {
    expect(body(discovery.group("example.com"))).toEqual({
      kind: "APIGroup",
      apiVersion: "v1",
      name: "example.com",
      versions: [
        { groupVersion: "example.com/v1beta1", version: "v1beta1" },
        { groupVersion: "example.com/v1alpha1", version: "v1alpha1" },
      ],
      preferredVersion: { groupVersion: "example.com/v1beta1", version: "v1beta1" },
    });
    expect(discovery.group("none")).toBeUndefined();
    expect(discovery.group("")).toBeUndefined();
  });

  test("lists a kind, its subresources and what they answer with", () => {
    const { resources } = body(discovery.resources("example.com", "v1beta1"));
    expect(resources).toEqual([
      {
        name: "boxes",
        singularName: "box",
        namespaced: true,
        kind: "Box",
        verbs: ["create", "delete", "deletecollection", "get", "list", "patch", "update", "watch"],
        shortNames: ["bx"],
        categories: ["all"],
      },
      {
        name: "boxes/scale",
        singularName: "",
        namespaced: true,
        group: "autoscaling",
        version: "v1",
        kind: "Scale",
        verbs: ["get", "patch", "update"],
      },
    ]);
    expect(discovery.resources("example.com", "v1")).toBeUndefined();
  });

  test("lists what can be asked by creating it", () => {
    const { resources } = body(discovery.resources("authorization.k8s.io", "v1"));
    expect(resources).toContainEqual({
      name: "selfsubjectaccessreviews",
      singularName: "selfsubjectaccessreview",
      namespaced: false,
      kind: "SelfSubjectAccessReview",
      verbs: ["create"],
    });
  });
});

describe("aggregated discovery", () => {
  const discovery = createDiscovery(openRegistry());

  test("has core at /api and the groups at /apis, each in its own media type", () => {
    const core = discovery.legacyVersions(AGGREGATED);
    expect(core.contentType).toBe(AGGREGATED);
    expect(body(core)).toMatchObject({ apiVersion: "apidiscovery.k8s.io/v2", items: [{ metadata: {} }] });
    const groups = body(discovery.groups(AGGREGATED))["items"] as { metadata: { name: string } }[];
    expect(groups.map((group) => group.metadata.name)).toContain("example.com");
  });

  test("has subresources inside of their kind", () => {
    const { items } = body(discovery.groups(AGGREGATED)) as {
      items: { metadata: { name: string }; versions: { version: string; resources: unknown[] }[] }[];
    };
    const versions = items.find((group) => group.metadata.name === "example.com")?.versions;
    expect(versions?.map(({ version }) => version)).toEqual(["v1beta1", "v1alpha1"]);
    expect(versions?.[0]?.resources).toEqual([
      {
        resource: "boxes",
        responseKind: { group: "example.com", version: "v1beta1", kind: "Box" },
        scope: "Namespaced",
        singularResource: "box",
        verbs: ["create", "delete", "deletecollection", "get", "list", "patch", "update", "watch"],
        shortNames: ["bx"],
        categories: ["all"],
        subresources: [
          {
            subresource: "scale",
            responseKind: { group: "autoscaling", version: "v1", kind: "Scale" },
            verbs: ["get", "patch", "update"],
          },
        ],
      },
    ]);
  });

  test.each([
    [`${AGGREGATED},application/json`, "v2"],
    ["application/json;g=apidiscovery.k8s.io;v=v2beta1;as=APIGroupDiscoveryList", "v2beta1"],
    ["application/json;g=apidiscovery.k8s.io;v=v9;as=APIGroupDiscoveryList,application/json", undefined],
    ["application/json", undefined],
    ["application/json,application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList", undefined],
    ["*/*", undefined],
    ["", undefined],
  ])("for %j is in version %s", (accept, version) => {
    expect(aggregatedVersion(accept)).toBe(version);
  });
});

test("an answer's ETag changes when the kinds do", () => {
  const registry = openRegistry();
  const discovery = createDiscovery(registry);
  const before = discovery.groups("").etag;
  expect(discovery.groups("").etag).toBe(before);
  registry.remove("boxes");
  expect(discovery.groups("").etag).not.toBe(before);
});

test("versions are ordered from the most stable to the least", () => {
  const versions = ["foo", "v1alpha1", "v1", "v10beta3", "v2", "v1beta2", "bar", "v10", "v3beta1"];
  expect(versions.toSorted(compareVersions)).toEqual([
    "v10",
    "v2",
    "v1",
    "v10beta3",
    "v3beta1",
    "v1beta2",
    "v1alpha1",
    "bar",
    "foo",
  ]);
});
