import { describe, expect, test } from "vitest";
import { WireReader } from "../protobuf/wire-reader.ts";
import { createBuiltInDefinitions } from "../registry/built-in.ts";
import { createRegistry, type Registry } from "../registry/registry.ts";
import type { ResourceDefinition } from "../registry/resource-definition.ts";
import { createSchemaTable } from "../registry/schema-table.ts";
import { createOpenApi } from "./open-api.ts";

interface Json {
  [key: string]: Json;
}

const GNOSTIC = "application/com.github.proto-openapi.spec.v2@v1.0+protobuf";
const BOX: ResourceDefinition = {
  group: "things.example.com",
  version: "v1beta1",
  kind: "Box",
  listKind: "BoxList",
  plural: "boxes",
  singular: "box",
  shortNames: [],
  categories: [],
  namespaced: true,
  storage: { group: "things.example.com", version: "v1beta1" },
  columns: [],
  subresources: {
    status: true,
    scale: { specReplicasPath: ".spec.size", statusReplicasPath: ".status.size" },
  },
  custom: true,
  selectableFields: [],
  strategy: {},
  schema: {
    type: "object",
    properties: {
      spec: {
        type: "object",
        properties: {
          size: { type: "integer", nullable: true, default: 1 },
          port: { "x-kubernetes-int-or-string": true, anyOf: [{ type: "integer" }, { type: "string" }] },
          free: { type: "object", "x-kubernetes-preserve-unknown-fields": true },
        },
      },
    },
  },
};

function openRegistry(): Registry {
  const registry = createRegistry(createSchemaTable());
  registry.set("built-in", createBuiltInDefinitions());
  registry.set("boxes.things.example.com", [BOX]);
  return registry;
}

function read(registry: Registry, path: string): Json {
  const answer = createOpenApi(registry).document(path, "application/json");
  if (answer === undefined) throw new Error(`nothing at ${path}`);
  expect(answer.contentType).toBe("application/json");
  return JSON.parse(String(answer.body)) as Json;
}

/** Every reference in a document. */
function references(value: unknown, into = new Set<string>()): Set<string> {
  if (typeof value !== "object" || value === null) return into;
  for (const [key, member] of Object.entries(value)) {
    if (key === "$ref" && typeof member === "string") into.add(member);
    else references(member, into);
  }
  return into;
}

describe("the index", () => {
  test("names every group and version with the hash of its document", () => {
    const openApi = createOpenApi(openRegistry());
    const paths = read(openRegistry(), "/openapi/v3")["paths"] ?? {};
    expect(Object.keys(paths)).toContain("api/v1");
    expect(Object.keys(paths)).toContain("apis/authorization.k8s.io/v1");
    for (const [path, entry] of Object.entries(paths)) {
      const etag = openApi.document(`/openapi/v3/${path}`, "")?.etag.slice(1, -1);
      expect(entry["serverRelativeURL"]).toBe(`/openapi/v3/${path}?hash=${etag}`);
    }
  });

  test("changes with the kinds that are served, and only there", () => {
    const registry = openRegistry();
    const openApi = createOpenApi(registry);
    const etag = (path: string): string | undefined => openApi.document(path, "")?.etag;
    const before = ["/openapi/v3", "/openapi/v3/api/v1", "/openapi/v3/apis/things.example.com/v1beta1"].map(
      etag,
    );
    registry.set("boxes.things.example.com", [{ ...BOX, schema: { type: "object" } }]);
    const after = ["/openapi/v3", "/openapi/v3/api/v1", "/openapi/v3/apis/things.example.com/v1beta1"].map(
      etag,
    );
    expect(after.map((each, index) => each === before[index])).toEqual([false, true, false]);
    registry.remove("boxes.things.example.com");
    expect(etag("/openapi/v3/apis/things.example.com/v1beta1")).toBeUndefined();
  });
});

describe("a v3 document", () => {
  test("has every schema that it refers to", () => {
    const registry = openRegistry();
    for (const path of Object.keys(read(registry, "/openapi/v3")["paths"] ?? {})) {
      const document = read(registry, `/openapi/v3/${path}`);
      const schemas = Object.keys(document["components"]?.["schemas"] ?? {});
      for (const target of references(document)) {
        expect(schemas).toContain(target.replace("#/components/schemas/", ""));
      }
    }
  });

  test("says what kubectl looks for: the kind of a path, how it can be patched, and how lists merge", () => {
    const document = read(openRegistry(), "/openapi/v3/api/v1");
    const patch = document["paths"]?.["/api/v1/namespaces/{namespace}/pods/{name}"]?.["patch"];
    expect(patch?.["x-kubernetes-group-version-kind"]).toEqual({ group: "", version: "v1", kind: "Pod" });
    expect(Object.keys(patch?.["requestBody"]?.["content"] ?? {})).toContain(
      "application/strategic-merge-patch+json",
    );
    expect(patch?.["parameters"]).toContainEqual(
      expect.objectContaining({ name: "fieldValidation", in: "query" }),
    );
    const schemas = document["components"]?.["schemas"];
    expect(schemas?.["io.k8s.api.core.v1.Pod"]?.["x-kubernetes-group-version-kind"]).toEqual([
      { group: "", version: "v1", kind: "Pod" },
    ]);
    expect(schemas?.["io.k8s.api.core.v1.PodSpec"]?.["properties"]?.["containers"]).toMatchObject({
      "x-kubernetes-patch-merge-key": "name",
      "x-kubernetes-patch-strategy": "merge",
      "x-kubernetes-list-type": "map",
      items: { $ref: "#/components/schemas/io.k8s.api.core.v1.Container" },
    });
  });

  test("has a custom resource under its reversed group, with its own schema and the members of every kind", () => {
    const document = read(openRegistry(), "/openapi/v3/apis/things.example.com/v1beta1");
    const box = document["components"]?.["schemas"]?.["com.example.things.v1beta1.Box"];
    expect(Object.keys(box?.["properties"] ?? {}).toSorted()).toEqual([
      "apiVersion",
      "kind",
      "metadata",
      "spec",
    ]);
    expect(box?.["properties"]?.["spec"]).toEqual(BOX.schema.properties?.["spec"]);
    const patch =
      document["paths"]?.["/apis/things.example.com/v1beta1/namespaces/{namespace}/boxes/{name}"]?.["patch"];
    expect(Object.keys(patch?.["requestBody"]?.["content"] ?? {})).not.toContain(
      "application/strategic-merge-patch+json",
    );
    expect(Object.keys(document["paths"] ?? {})).toContain(
      "/apis/things.example.com/v1beta1/namespaces/{namespace}/boxes/{name}/scale",
    );
  });

  test("describes what a custom resource takes over from Kubernetes, unless it does so itself", () => {
    const container = {
      type: "object",
      properties: { image: { type: "string" }, name: { type: "string", description: "Mine." } },
    } as const;
    const podSpec = {
      type: "object",
      properties: {
        containers: { type: "array", items: container },
        initContainers: {},
        volumes: {},
        restartPolicy: {},
      },
    } as const;
    const registry = openRegistry();
    const schema = {
      type: "object",
      properties: { spec: { type: "object", properties: { template: podSpec } } },
    } as const;
    registry.set("boxes.things.example.com", [{ ...BOX, schema: structuredClone(schema) }]);
    const document = read(registry, "/openapi/v3/apis/things.example.com/v1beta1");
    const spec =
      document["components"]?.["schemas"]?.["com.example.things.v1beta1.Box"]?.["properties"]?.["spec"];
    const containers = spec?.["properties"]?.["template"]?.["properties"]?.["containers"];
    expect(containers?.["description"]).toContain("The containers");
    expect(containers?.["items"]?.["properties"]?.["image"]?.["description"]).toContain("The image");
    expect(containers?.["items"]?.["properties"]?.["name"]?.["description"]).toBe("Mine.");
  });

  test("lists questions as something to create only", () => {
    const paths = read(openRegistry(), "/openapi/v3/apis/authorization.k8s.io/v1")["paths"] ?? {};
    expect(Object.keys(paths["/apis/authorization.k8s.io/v1/selfsubjectaccessreviews"] ?? {})).toEqual([
      "post",
    ]);
  });
});

describe("the v2 document", () => {
  test("has every definition that it refers to, and nothing that v2 does not know", () => {
    const document = read(openRegistry(), "/openapi/v2");
    const definitions = Object.keys(document["definitions"] ?? {});
    for (const target of references(document))
      expect(definitions).toContain(target.replace("#/definitions/", ""));
    const box = document["definitions"]?.["com.example.things.v1beta1.Box"];
    expect(box?.["properties"]?.["spec"]?.["properties"]?.["port"]).toEqual({
      "x-kubernetes-int-or-string": true,
    });
  });

  test("comes as protobuf to who asks for that first", () => {
    const openApi = createOpenApi(openRegistry());
    const answer = openApi.document("/openapi/v2", `${GNOSTIC}, */*`);
    expect(answer?.contentType).toBe("application/com.github.proto-openapi.spec.v2.v1.0+protobuf");
    expect(openApi.document("/openapi/v2", `application/json, ${GNOSTIC}`)?.contentType).toBe(
      "application/json",
    );
    const names: string[] = [];
    const reader = new WireReader(Buffer.from(answer?.body ?? ""));
    while (reader.more()) {
      const { number, wireType } = reader.tag();
      if (number !== 9) {
        reader.skip(number, wireType);
        continue;
      }
      const definitions = reader.message();
      while (definitions.more()) {
        definitions.tag();
        const pair = definitions.message();
        pair.tag();
        names.push(pair.text());
      }
    }
    const document = JSON.parse(String(openApi.document("/openapi/v2", "")?.body)) as Json;
    expect(names).toEqual(Object.keys(document["definitions"] ?? {}));
  });
});

test("a path that is no document has none", () => {
  const openApi = createOpenApi(openRegistry());
  for (const path of ["/openapi/v3/api", "/openapi/v3/apis/none/v1", "/openapi/v1", "/openapi/v3/"]) {
    expect(openApi.document(path, "")).toBeUndefined();
  }
});
