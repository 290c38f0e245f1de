import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type TestServer, configMap, openTestServer } from "./support/apiserver-client.ts";

const NAMESPACE = "/api/v1/namespaces/default";
const LEASES = "/apis/coordination.k8s.io/v1/namespaces/default/leases";
const RUNTIME_CLASSES = "/apis/node.k8s.io/v1/runtimeclasses";
const DEFINITIONS = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions";

const service = (extra: object = {}): object => ({
  apiVersion: "v1",
  kind: "Service",
  metadata: { name: "web" },
  spec: { ports: [{ port: 80 }], selector: { app: "web" }, ...extra },
});

const lease = (spec: object = {}, metadata: object = {}): object => ({
  apiVersion: "coordination.k8s.io/v1",
  kind: "Lease",
  metadata: { name: "leader", ...metadata },
  spec: { holderIdentity: "a", ...spec },
});

describe("what a write owns and what it needs", () => {
  let test: TestServer;
  beforeAll(async () => {
    test = await openTestServer();
  });
  afterAll(() => test.close());

  /** Members of `spec` that the first manager owns. */
  const owned = (reply: { json: { metadata: { managedFields?: { fieldsV1?: unknown }[] } } }): string[] => {
    const fields = reply.json.metadata.managedFields?.[0]?.fieldsV1 as { "f:spec"?: object } | undefined;
    return Object.keys(fields?.["f:spec"] ?? {}).map((field) => field.slice("f:".length));
  };

  it("leaves what the server gives a Service without an owner, and its defaults with whoever made it", async () => {
    const made = await test.call("POST", `${NAMESPACE}/services`, service());
    expect(made.json.spec["clusterIP"]).toMatch(/^10\.96\./);
    expect(owned(made).toSorted()).toEqual([
      "internalTrafficPolicy",
      "ports",
      "selector",
      "sessionAffinity",
      "type",
    ]);
  });

  it("gives a Service its address back that an update leaves out, and takes nothing as changed by it", async () => {
    const before = (await test.call("GET", `${NAMESPACE}/services/web`)).json;
    const after = (await test.call("PUT", `${NAMESPACE}/services/web`, service())).json;
    expect(after).toEqual(before);
  });

  it("lets a cluster IP belong to who asks for it", async () => {
    const given = service({ clusterIP: "None" });
    const made = await test.call("POST", `${NAMESPACE}/services`, {
      ...given,
      metadata: { name: "headless" },
    });
    expect(owned(made)).toContain("clusterIP");
    expect(owned(made)).not.toContain("clusterIPs");
  });

  it("leaves what admission sets in a pod without an owner", async () => {
    const made = await test.call("POST", `${NAMESPACE}/pods`, {
      apiVersion: "v1",
      kind: "Pod",
      metadata: { name: "plain" },
      spec: { containers: [{ name: "c", image: "sandgate.dev/runtime:1" }] },
    });
    expect(made.json.spec).toMatchObject({ serviceAccountName: "default", priority: 0 });
    expect(owned(made).toSorted()).toEqual([
      "containers",
      "dnsPolicy",
      "enableServiceLinks",
      "restartPolicy",
      "schedulerName",
      "securityContext",
      "terminationGracePeriodSeconds",
    ]);
  });

  it("leaves a definition's finalizer and a namespace's without an owner", async () => {
    const names = { plural: "things", singular: "thing", kind: "Thing", listKind: "ThingList" };
    const schema = { openAPIV3Schema: { type: "object" } };
    const made = await test.call("POST", DEFINITIONS, {
      apiVersion: "apiextensions.k8s.io/v1",
      kind: "CustomResourceDefinition",
      metadata: { name: "things.example.com" },
      spec: {
        group: "example.com",
        scope: "Namespaced",
        names,
        versions: [{ name: "v1", served: true, storage: true, schema }],
      },
    });
    expect(made.json.metadata.finalizers).toEqual(["customresourcecleanup.apiextensions.k8s.io"]);
    expect(JSON.stringify(made.json.metadata.managedFields)).not.toContain("f:finalizers");
    expect(owned(made)).toContain("conversion");
    const space = await test.call("POST", "/api/v1/namespaces", {
      apiVersion: "v1",
      kind: "Namespace",
      metadata: { name: "space" },
    });
    expect(owned(space)).toEqual([]);
    expect(JSON.stringify(space.json.metadata.managedFields)).toContain("f:kubernetes.io/metadata.name");
  });

  it("labels a namespace with the name that was made up for it", async () => {
    const { json } = await test.call("POST", "/api/v1/namespaces", {
      apiVersion: "v1",
      kind: "Namespace",
      metadata: { generateName: "made-" },
    });
    expect(json.metadata.labels).toEqual({ "kubernetes.io/metadata.name": json.metadata.name });
  });

  it("refuses an update without a version of the kinds that need one", async () => {
    const made = await test.call("POST", LEASES, lease());
    const blind = await test.call("PUT", `${LEASES}/leader`, lease({ holderIdentity: "b" }));
    expect(blind.status).toBe(422);
    expect(blind.json.details).toMatchObject({
      causes: [{ field: "metadata.resourceVersion", reason: "FieldValueInvalid" }],
    });
    const { resourceVersion } = made.json.metadata;
    const sighted = await test.call("PUT", `${LEASES}/leader`, lease({}, { resourceVersion }));
    expect(sighted.status).toBe(200);

    const runtimeClass = { apiVersion: "node.k8s.io/v1", kind: "RuntimeClass", metadata: { name: "other" } };
    await test.call("POST", RUNTIME_CLASSES, { ...runtimeClass, handler: "other" });
    const blindClass = await test.call("PUT", `${RUNTIME_CLASSES}/other`, {
      ...runtimeClass,
      handler: "other",
    });
    expect(blindClass.status).toBe(422);

    const { json } = await test.call("GET", `${DEFINITIONS}/things.example.com`);
    const { resourceVersion: _, ...metadata } = json.metadata;
    const blindDefinition = await test.call("PUT", `${DEFINITIONS}/things.example.com`, {
      ...json,
      metadata,
    });
    expect(blindDefinition.status).toBe(422);
  });

  it("updates the other kinds without a version", async () => {
    await test.call("POST", `${NAMESPACE}/configmaps`, configMap("open", { a: "1" }));
    expect(
      (await test.call("PUT", `${NAMESPACE}/configmaps/open`, configMap("open", { a: "2" }))).status,
    ).toBe(200);
  });

  it("takes another uid in a PUT for a precondition, and in a patch for a change that nobody may make", async () => {
    await test.call("POST", `${NAMESPACE}/configmaps`, configMap("same"));
    const put = await test.call(
      "PUT",
      `${NAMESPACE}/configmaps/same`,
      configMap("same", {}, { uid: "another" }),
    );
    expect([put.status, put.json.reason]).toEqual([409, "Conflict"]);
    const body = { metadata: { uid: "another" } };
    const patch = await test.call("PATCH", `${NAMESPACE}/configmaps/same`, body, {
      type: "application/merge-patch+json",
    });
    expect([patch.status, patch.json.reason]).toEqual([422, "Invalid"]);
    expect(patch.json.details).toMatchObject({
      causes: [
        {
          field: "metadata.uid",
          reason: "FieldValueInvalid",
          message: 'Invalid value: "another": field is immutable',
        },
      ],
    });
  });
});
