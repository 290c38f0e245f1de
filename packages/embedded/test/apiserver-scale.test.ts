import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type TestServer, openTestServer } from "./support/apiserver-client.ts";

const PATH = "/apis/example.dev/v1/namespaces/default/widgets";
const MERGE = { type: "application/merge-patch+json" };

const CRD = {
  apiVersion: "apiextensions.k8s.io/v1",
  kind: "CustomResourceDefinition",
  metadata: { name: "widgets.example.dev" },
  spec: {
    group: "example.dev",
    scope: "Namespaced",
    names: { plural: "widgets", singular: "widget", kind: "Widget" },
    versions: [
      {
        name: "v1",
        served: true,
        storage: true,
        schema: {
          openAPIV3Schema: {
            type: "object",
            properties: {
              spec: {
                type: "object",
                properties: {
                  size: { type: "object", properties: { count: { type: "integer", maximum: 9 } } },
                },
              },
              status: {
                type: "object",
                properties: { count: { type: "integer" }, selector: { type: "string" } },
              },
            },
          },
        },
        subresources: {
          status: {},
          scale: {
            specReplicasPath: ".spec.size.count",
            statusReplicasPath: ".status.count",
            labelSelectorPath: ".status.selector",
          },
        },
      },
    ],
  },
};

describe("the scale of a custom resource", () => {
  let test: TestServer;
  beforeAll(async () => {
    test = await openTestServer();
    await test.call("POST", "/apis/apiextensions.k8s.io/v1/customresourcedefinitions", CRD);
    const widget = { apiVersion: "example.dev/v1", kind: "Widget", metadata: { name: "w" } };
    await test.call("POST", PATH, { ...widget, spec: { size: { count: 2 } } });
    await test.call("PATCH", `${PATH}/w/status`, { status: { count: 1, selector: "a=b" } }, MERGE);
  });
  afterAll(() => test.close());

  it("is read from the paths that its definition names", async () => {
    const { json } = await test.call("GET", `${PATH}/w/scale`);
    expect(json).toMatchObject({
      kind: "Scale",
      apiVersion: "autoscaling/v1",
      metadata: { name: "w", namespace: "default" },
      spec: { replicas: 2 },
      status: { replicas: 1, selector: "a=b" },
    });
  });

  it("is changed by patch and by update, with the object's generation", async () => {
    const patched = await test.call("PATCH", `${PATH}/w/scale`, { spec: { replicas: 3 } }, MERGE);
    expect(patched.json.spec).toEqual({ replicas: 3 });
    const object = await test.call("GET", `${PATH}/w`);
    expect(object.json.spec).toEqual({ size: { count: 3 } });
    expect(object.json.metadata.generation).toBe(2);
    expect(object.json.status).toMatchObject({ count: 1 });
    const updated = await test.call("PUT", `${PATH}/w/scale`, { ...patched.json, spec: { replicas: 4 } });
    expect(updated.json.spec).toEqual({ replicas: 4 });
    const stale = await test.call("PUT", `${PATH}/w/scale`, { ...patched.json, spec: { replicas: 5 } });
    expect(stale.status).toBe(409);
  });

  it("refuses what is no number of replicas, or more than the schema allows", async () => {
    expect((await test.call("PATCH", `${PATH}/w/scale`, { spec: { replicas: -1 } }, MERGE)).status).toBe(422);
    expect((await test.call("PATCH", `${PATH}/w/scale`, { spec: { replicas: 10 } }, MERGE)).status).toBe(422);
    expect((await test.call("GET", "/api/v1/namespaces/default/pods/p/scale")).status).toBe(404);
  });
});
